// Released on every way out: a class with `await using`, or one generator that sees the error and may swallow it.
import { moveOnAfter, resource, run, sleep } from "tsyncio"

class Connection implements AsyncDisposable {
  readonly name: string
  private constructor(name: string) {
    this.name = name
  }
  static async open(name: string): Promise<Connection> {
    await sleep(10)
    console.log(`open ${name}`)
    return new Connection(name)
  }
  async [Symbol.asyncDispose](): Promise<void> {
    await sleep(10)
    console.log(`close ${this.name}`)
  }
}

/** A transaction in ten lines: committed, rolled back, and a conflict is no error for the caller. */
const transaction = resource(async function* (name: string) {
  await using connection = await Connection.open(name)
  try {
    yield connection
    console.log("commit")
  } catch (error) {
    console.log(`roll back: ${(error as Error).message}`)
    if (!(error instanceof RangeError)) throw error
  }
})

await run(async () => {
  const rows = await transaction.use("orders", async (connection) => `rows of ${connection.name}`)
  console.log(rows)

  const conflict = await transaction.use("stock", () => Promise.reject(new RangeError("conflict")))
  console.log(`swallowed: ${conflict}`)

  const result = await moveOnAfter(50, () => transaction.use("slow", () => sleep(60_000)))
  console.log(result)

  await using held = await transaction("log")
  console.log(`using ${held.value.name}`)
})

// prints:
// open orders
// commit
// close orders
// rows of orders
// open stock
// roll back: conflict
// close stock
// swallowed: undefined
// open slow
// roll back: Cancelled: the deadline of a limit of 50 ms has passed
// close slow
// { timedOut: true }
// open log
// using log
// commit
// close log
