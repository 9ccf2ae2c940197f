// Jobs by priority, ties in order of arrival; and a queue that gives the youngest first.
import { LifoQueue, PriorityQueue, run, taskGroup } from "tsyncio"

interface Job {
  readonly prompt: string
  readonly priority: number
}

await run(async () => {
  const jobs = new PriorityQueue<Job>(0, (a, b) => a.priority - b.priority)
  await jobs.put({ prompt: "summarise the report", priority: 2 })
  await jobs.put({ prompt: "translate it", priority: 2 })
  await jobs.put({ prompt: "answer the customer", priority: 1 })
  await jobs.put({ prompt: "tidy up", priority: 9 })
  jobs.shutdown()
  await taskGroup((group) => {
    group.createTask(async () => {
      for await (const { prompt, priority } of jobs) console.log(priority, prompt)
    })
  })

  const words = new PriorityQueue<string>()
  for (const word of ["pear", "apple", "fig"]) words.putNowait(word)
  console.log(words.getNowait(), words.getNowait(), words.getNowait())

  const pages = new LifoQueue<string>()
  for (const page of ["first", "second", "third"]) pages.putNowait(page)
  console.log(pages.getNowait(), pages.getNowait(), pages.getNowait())
})

// prints:
// 1 answer the customer
// 2 summarise the report
// 2 translate it
// 9 tidy up
// apple fig pear
// third second first
