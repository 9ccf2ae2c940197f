// `except*`: errors of a group handled by class, the rest thrown again in the shape it had.
import type { TaskGroupError } from "tsyncio"
import { matchErrors, run, sleep, taskGroup } from "tsyncio"

class PaymentError extends Error {}
class StockError extends Error {}

await run(async () => {
  const fail = (error: Error) => async (): Promise<never> => {
    await sleep(0)
    throw error
  }
  try {
    await taskGroup(async (group) => {
      void group.createTask(fail(new PaymentError("card refused")))
      void group.createTask(fail(new StockError("sold out")))
      void group.createTask(fail(new PaymentError("card expired")))
      void group.createTask(fail(new TypeError("a bug")))
      await sleep(60_000)
    })
  } catch (error) {
    await matchErrors(error, [
      [PaymentError, (payments) => console.log("payments:", payments.errors.map(String))],
      [StockError, async (stock) => console.log("stock:", await sleep(10, stock.errors.map(String)))],
    ]).catch((rest: TaskGroupError) => console.log(`left: ${rest.message}`))
  }
})

// prints:
// payments: [ 'Error: card refused', 'Error: card expired' ]
// stock: [ 'Error: sold out' ]
// left: 1 error in a task group: a bug
