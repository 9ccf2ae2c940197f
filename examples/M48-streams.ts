// A server whose connections are tasks, and clients that read by line, by number and up to a separator.
import { createTask, run, taskGroup } from "tsyncio"
import { IncompleteReadError, openConnection, startServer } from "tsyncio/net"
import type { StreamReader, StreamWriter } from "tsyncio/net"

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

/** A small protocol: "add 1 2\n", "bytes 5\n" and five bytes, "slow\n". */
async function handle(reader: StreamReader, writer: StreamWriter): Promise<void> {
  for await (const line of reader) {
    const [word, ...numbers] = text(line).trim().split(" ")
    if (word === "add") writer.write(`${numbers.reduce((sum, one) => sum + Number(one), 0)}\n`)
    else if (word === "bytes") writer.write(`got ${(await reader.readExactly(Number(numbers[0]))).length}\n`)
    else if (word === "slow") await reader.readUntil("never")
    else throw new Error(`unknown word ${word}`)
    await writer.drain() // waits while the client does not read
  }
}

await run(async () => {
  await using server = await startServer(handle, { host: "127.0.0.1", port: 0 })
  const address = { host: "127.0.0.1", port: server.port }

  // Twenty clients at once.
  const sums = await taskGroup((group) =>
    Array.from({ length: 20 }, (_, i) =>
      group.createTask(async () => {
        await using connection = await openConnection(address)
        connection.writer.write(`add ${i} 1\n`)
        return Number(text(await connection.reader.readLine()))
      }),
    ),
  )
  console.log(
    "sum of all:",
    sums.reduce((sum, task) => sum + task.result(), 0),
  )

  // In pieces, and to a separator.
  await using connection = await openConnection(address)
  const { reader, writer } = connection
  writer.writeLines(["bytes 5\n", "he", "llo", "add 20 22\n"])
  console.log(text(await reader.readUntil("\n")).trim(), "|", text(await reader.readLine()).trim())

  // A read that is cancelled has taken nothing.
  const reading = createTask(() => reader.readExactly(1_000))
  writer.write("add 1 1\n")
  reading.cancel()
  await reading.join().catch((error: unknown) => console.log(String(error)))
  console.log("still there:", text(await reader.readLine()).trim())

  // Half of the connection ends; the server answers what is left, then hangs up.
  writer.write("add 2 2\n")
  writer.writeEof()
  const rest = await reader.readExactly(1_000).catch((error: unknown) => error)
  if (rest instanceof IncompleteReadError)
    console.log("the end came after", JSON.stringify(text(rest.partial)))
})

// prints:
// sum of all: 210
// got 5 | 42
// CancelledError: Cancelled
// still there: 2
// the end came after "4\n"
