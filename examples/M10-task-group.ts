// All children end inside the block; one that fails cancels the rest; all errors arrive together.
import { TaskGroupError, run, sleep, taskGroup } from "tsyncio"

class PaymentError extends Error {}

await run(async () => {
  try {
    await taskGroup(async (group) => {
      group.createTask(async () => {
        await sleep(20)
        throw new PaymentError("card refused")
      })
      group.createTask(async () => {
        try {
          await sleep(60_000)
        } finally {
          console.log("sibling: cancelled and cleaned up")
        }
      })
      await sleep(60_000)
      console.log("not reached")
    })
  } catch (error) {
    if (!(error instanceof TaskGroupError)) throw error
    console.log(error.message)
    console.log(`found: ${error.find(PaymentError)?.message}`)
  }
})

// prints:
// sibling: cancelled and cleaned up
// 1 error in a task group: card refused
// found: card refused
