// A nested chain of async functions runs in one task, one step after the other: 2 x 500 ms are 1,000 ms.
import { allTasks, currentTask, run, sleep } from "tsyncio"

async function fetchUser(id: number): Promise<string> {
  await sleep(500)
  return `user ${id} (in task ${currentTask()?.name})`
}

async function fetchOrders(user: string): Promise<string[]> {
  await sleep(500)
  return [`first order of ${user}`, `second order of ${user}`]
}

async function report(id: number): Promise<string[]> {
  const user = await fetchUser(id)
  return fetchOrders(user)
}

await run(async () => {
  const start = performance.now()
  const orders = await report(7)
  console.log(orders.join("\n"))
  console.log(`${Math.round((performance.now() - start) / 500) * 500} ms, ${allTasks().size} task`)
})

// prints:
// first order of user 7 (in task main)
// second order of user 7 (in task main)
// 1000 ms, 1 task
