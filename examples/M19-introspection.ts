// Who lives, who runs, where each one is parked: from inside the program.
import {
  Lock,
  allTasks,
  createTask,
  currentTask,
  dumpTasks,
  formatCallGraph,
  formatTaskTree,
  run,
  sleep,
  taskGroup,
} from "tsyncio"

await run(async () => {
  const lock = new Lock()
  void createTask(() => lock.run(() => sleep(60_000)), { name: "holder" })
  void createTask(
    () =>
      taskGroup((group) => {
        group.createTask(() => sleep(60_000), { name: "page-1" })
        group.createTask(() => lock.run(() => sleep(1)), { name: "page-2" })
      }),
    { name: "crawl" },
  )
  await sleep(5)

  console.log("I am", currentTask()?.name)
  console.log([...allTasks()].map((task) => task.name).join(", "))
  console.log(formatTaskTree())

  const page = [...allTasks()].find(({ name }) => name === "page-2")
  console.log(formatCallGraph(page).replace(/ \(id \d+\)/g, ""))

  const { formatVersion, tasks } = dumpTasks()
  console.log(`version ${formatVersion}:`)
  for (const { name, state, waitingOn } of tasks)
    console.log(`  ${name}: ${state}${waitingOn === null ? "" : ` for ${waitingOn.kind}`}`)
})

// prints:
// I am main
// main, holder, crawl, page-1, page-2
//   task "main" is running
//   task "holder" waits for sleep
//   task "crawl" waits for task group
//     task "page-1" waits for sleep
//     task "page-2" waits for lock
// * task "page-2"
//   waits for lock
//   awaited by
//   * task "crawl"
//     waits for task group
// version 1:
//   main: running
//   holder: waiting for sleep
//   crawl: waiting for task group
//   page-1: waiting for sleep
//   page-2: waiting for lock
