// A task that is told to be eager runs up to its first wait at once; a task factory has a say in every task.
import { createTask, getRunningLoop, run, sleep } from "tsyncio"

await run(async () => {
  const cache = new Map([["a", 1]])
  const load = (key: string): number | Promise<number> => cache.get(key) ?? fetchValue(key)
  const fetchValue = async (key: string): Promise<number> => {
    console.log(`fetching ${key}`)
    return sleep(10, 2)
  }

  const usual = createTask(() => load("a"))
  console.log("usual, done at once:", usual.done())
  const eager = createTask(() => load("a"), { eager: true })
  console.log("eager, done at once:", eager.done())
  const slow = createTask(() => load("b"), { eager: true })
  console.log("eager with a wait has begun, done at once:", slow.done())
  console.log(await usual, await eager, await slow)

  const loop = getRunningLoop()
  const made: string[] = []
  loop.setTaskFactory((_loop, fn, options) => {
    const task = _loop.makeTask(fn, { ...options, eager: true })
    made.push(task.name)
    return task
  })
  const third = createTask(() => load("a"), { name: "third" })
  console.log("by the factory, done at once:", third.done(), made)
  await third
  loop.setTaskFactory(null)
})

// prints:
// usual, done at once: false
// eager, done at once: true
// fetching b
// eager with a wait has begun, done at once: false
// 1 1 2
// by the factory, done at once: true [ 'third' ]
