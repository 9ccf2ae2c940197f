// Files without blocking: written whole or not at all, a folder of them ten at a time, a large one line by line.
import { join } from "node:path"
import { moveOnAfter, run, sleep } from "tsyncio"
import {
  FileError,
  appendText,
  lines,
  list,
  processFiles,
  readText,
  temporaryDirectory,
  walk,
  writeText,
} from "tsyncio/fs"

await run(async () => {
  // A folder that is removed at the end of the block, whichever way it is left.
  await using folder = await temporaryDirectory()
  const at = (name: string): string => join(folder.path, name)

  // Whoever reads sees the old text or the new one, never a half.
  await writeText(at("state.json"), '{"done":1}')
  await writeText(at("state.json"), '{"done":2}')
  console.log(await readText(at("state.json")), await list(folder.path))

  await appendText(at("log"), "began\n")
  await appendText(at("log"), "ended\n")
  for await (const line of lines(at("log"))) console.log("log:", line)

  // 25 files, ten at a time, results in the order of their names.
  await using inbox = await temporaryDirectory({ parent: folder.path, prefix: "inbox-" })
  for (let i = 10; i < 35; i += 1) await writeText(join(inbox.path, `${i}.txt`), "word ".repeat(i))
  let [inside, most] = [0, 0]
  const counts = await processFiles(
    inbox.path,
    async (path) => {
      most = Math.max(most, (inside += 1))
      const words = (await readText(path)).split(" ").length - 1
      await sleep(5)
      inside -= 1
      return words
    },
    { concurrency: 10, filter: ({ name }) => name.endsWith(".txt") },
  )
  console.log(`${counts.length} files, ${counts[0]} to ${counts.at(-1)} words, at most ${most} at a time`)

  let found = 0
  for await (const { kind } of walk(folder.path)) if (kind === "file") found += 1
  console.log(`${found} files in the tree`)

  // A million lines take no more memory than a hundred; a limit ends the loop, and the file is closed.
  await writeText(at("large"), "a line like any other\n".repeat(1_000_000))
  const result = await moveOnAfter(5, async () => {
    let count = 0
    for await (const _ of lines(at("large"))) count += 1
    return count
  })
  console.log("all of a large file within 5 ms:", !result.timedOut)

  await readText(at("absent")).catch((error: unknown) => {
    if (error instanceof FileError) console.log(error.code, error.message.replace(folder.path, "…"))
  })
})

// prints:
// {"done":2} [ 'state.json' ]
// log: began
// log: ended
// 25 files, 10 to 34 words, at most 10 at a time
// 27 files in the tree
// all of a large file within 5 ms: false
// ENOENT Cannot read …/absent: there is no such file (ENOENT)
