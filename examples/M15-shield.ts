// A part that finishes although its caller is cancelled.
import { cancelScope, moveOnAfter, run, shield, sleep } from "tsyncio"

await run(async () => {
  const save = async (): Promise<void> => {
    await sleep(200)
    console.log("saved")
  }
  await moveOnAfter(10, () => shield(save))
  console.log("the caller has left")
  await sleep(300)

  await moveOnAfter(10, () => cancelScope(save, { shield: true }))
  console.log("left after the shielded part")
})

// prints:
// the caller has left
// saved
// saved
// left after the shielded part
