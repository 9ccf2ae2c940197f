// No task outlives its owner: a group waits for its children, and the run cancels, awaits and names what is left.
import { allTasks, createTask, run, sleep, taskGroup } from "tsyncio"

await run(async () => {
  const poll = async (name: string): Promise<void> => {
    try {
      for (;;) await sleep(10)
    } catch (error) {
      await sleep(5)
      console.log(`${name}: ${String(error)}`)
      throw error
    }
  }

  // Background children end with the group that owns them.
  await taskGroup(async (group) => {
    group.createTask(() => poll("heartbeat"), { name: "heartbeat", background: true })
    await group.createTask(() => sleep(20))
  })
  console.log("after the group:", [...allTasks()].map(({ name }) => name).join(", "))

  // A task of the run ends with the run, whoever forgot it, and its clean-up is awaited.
  void createTask(() => poll("forgotten"), { name: "forgotten" })
  await sleep(20)
  console.log("left when main ends:", [...allTasks()].map(({ name }) => name).join(", "))
})
console.log("the run is over")

// prints:
// heartbeat: CancelledError: Cancelled: the group has ended
// after the group: main
// left when main ends: main, forgotten
// forgotten: CancelledError: Cancelled: the run has ended
// the run is over
