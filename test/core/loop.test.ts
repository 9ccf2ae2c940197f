// asyncio's loop: callbacks, timers, handlers, stop and close.
import { describe, expect, it } from "vitest"
import {
  EventLoop,
  Future,
  Handle,
  InvalidStateError,
  NoRunningLoopError,
  createTask,
  currentTask,
  getRunningLoop,
  run,
  sleep,
  taskGroup,
} from "../../src/index.ts"
import type { Executor, LoopOptions, Problem } from "../../src/index.ts"
import { timerCount } from "../../src/core/lowlevel.ts"
import { runVirtual } from "../../src/testing/index.ts"
import { onVirtualClock } from "./on-virtual-clock.ts"

describe("callbacks", () => {
  it("LOOP-01: run in order, on the next turn, with their arguments", () =>
    runVirtual(async () => {
      const log: unknown[] = []
      const loop = getRunningLoop()
      loop.callSoon((...args: number[]) => log.push(args), 1)
      loop.callSoonThreadsafe((...args: number[]) => log.push(args), 2, 3)
      expect(log).toEqual([])
      await sleep(0)
      expect(log).toEqual([[1], [2, 3]])
    }))

  it("can be taken back until they have run", () =>
    runVirtual(async () => {
      const log: string[] = []
      const handle = getRunningLoop().callSoon(() => log.push("not this one"))
      handle.cancel()
      expect([handle.cancelled(), String(handle)]).toEqual([true, "<Handle cancelled>"])
      await sleep(0)
      expect(log).toEqual([])
    }))

  it("LOOP-04, LOOP-05: timers run by deadline, then in order of asking, never early", () =>
    runVirtual(async () => {
      const loop = getRunningLoop()
      const log: string[] = []
      const note = (text: string) => log.push(`${text}@${loop.time()}`)
      const start = loop.time()
      const late = loop.callLater(20, note, "late")
      expect(late.when()).toBe(start + 20)
      loop.callAt(start + 10, note, "first")
      loop.callAt(start + 10, note, "second")
      loop.callLater(-1, note, "a")
      loop.callLater(-2, note, "b")
      await sleep(30)
      expect(log).toEqual(["b@0", "a@0", "first@10", "second@10", "late@20"])
    }))

  it("LOOP-09: the clock never goes back, and timers stand on it", () =>
    runVirtual(async () => {
      const loop = getRunningLoop()
      const before = loop.time()
      const timer = loop.callAt(before + 5, () => {})
      await sleep(10)
      expect([loop.time() - before, timer.when() - before]).toEqual([10, 5])
    }))

  it("LOOP-22: very short sleeps take few turns", () =>
    runVirtual(async () => {
      const before = getRunningLoop().time()
      for (let exponent = 2; exponent <= 10; exponent += 1) await sleep(10 ** -exponent)
      expect(getRunningLoop().time() - before).toBeLessThan(0.02)
    }))

  it("LOOP-08: a timer that was cancelled leaves nothing behind", () =>
    runVirtual(async () => {
      getRunningLoop()
        .callLater(1_000_000, () => {})
        .cancel()
    }))

  it("TASK-14: are nobody's task", () =>
    runVirtual(async () => {
      let task: unknown = "not called"
      getRunningLoop().callSoon(() => (task = currentTask()))
      await sleep(0)
      expect(task).toBeNull()
      expect(currentTask()?.name).toBe("main")
    }))

  it("LOOP-19: in debug mode async functions are refused; what is no function always is", () =>
    runVirtual(async () => {
      const loop = getRunningLoop()
      expect(() => loop.callSoon(1 as never)).toThrow(TypeError)
      loop.debug = true
      expect(() => loop.callSoon(async () => {})).toThrow("Expected a plain function, got an async one")
      loop.debug = false
    }))
})

describe("the exception handler", () => {
  const failing = async (handler: ((loop: EventLoop, problem: Problem) => void) | null): Promise<void> => {
    const loop = getRunningLoop()
    loop.setExceptionHandler(handler)
    loop.callSoon(function tick() {
      throw new Error("bad")
    })
    await sleep(0)
  }

  it("gets what callbacks throw, with the loop, and can be taken out", () =>
    runVirtual(async () => {
      const problems: Problem[] = []
      await failing((loop, problem) => {
        expect(loop).toBe(getRunningLoop())
        problems.push(problem)
      })
      expect(problems).toEqual([
        { message: 'Callback "tick" threw', error: new Error("bad"), handle: expect.any(Handle) },
      ])
      expect(getRunningLoop().getExceptionHandler()).not.toBeNull()
      getRunningLoop().setExceptionHandler(null)
      expect(getRunningLoop().getExceptionHandler()).toBeNull()
    }))

  it("LOOP-16: may throw itself; the loop goes on", () =>
    runVirtual(async () => {
      const written: string[] = []
      const { write } = process.stderr
      process.stderr.write = (text: string) => written.push(text) > 0
      try {
        await failing(() => {
          throw new Error("handler")
        })
      } finally {
        process.stderr.write = write
      }
      expect(written[0]).toContain("The problem handler itself threw")
      expect(written[1]).toContain("bad")
    }))
})

describe("the loop of a run", () => {
  it("RUN-04, LOOP-13: is there inside the run only, and takes its debug flag from the options", async () => {
    expect(() => getRunningLoop()).toThrow(NoRunningLoopError)
    const loop = await run(async () => getRunningLoop(), { debug: true })
    expect([loop.isClosed(), loop.isRunning(), String(loop)]).toEqual([true, false, "<EventLoop closed>"])
    await run(
      async () => {
        expect(getRunningLoop().debug).toBe(true)
        expect(String(getRunningLoop())).toBe("<EventLoop running>")
        await expect(new EventLoop().runUntilComplete(async () => 1)).rejects.toThrow(
          "another one is running here",
        )
      },
      { debug: true },
    )
  })

  it("LOOP-21: takes the debug flag from the environment unless it is given", async () => {
    const debugOf = (options?: LoopOptions): boolean => {
      const loop = new EventLoop(options)
      const { debug } = loop
      loop.close()
      return debug
    }
    process.env["TSYNCIO_DEBUG"] = "1"
    expect([debugOf(), debugOf({ debug: false })]).toEqual([true, false])
    process.env["TSYNCIO_DEBUG"] = ""
    expect(debugOf()).toBe(false)
    delete process.env["TSYNCIO_DEBUG"]
    expect(debugOf()).toBe(false)
  })

  it("LOOP-12: refuses everything once it is closed; closing twice is fine", async () => {
    const loop = await run(async () => getRunningLoop())
    for (const use of [
      () => loop.callSoon(() => {}),
      () => loop.callLater(1, () => {}),
      () => loop.callAt(1, () => {}),
      () => loop.callSoonThreadsafe(() => {}),
      () => loop.createTask(async () => {}),
    ]) {
      expect(use).toThrow("Cannot use the loop: it is closed")
    }
    await expect(loop.runUntilComplete(async () => {})).rejects.toThrow(InvalidStateError)
    loop.close()
  })

  it("cannot be closed while it is running", () =>
    runVirtual(async () => {
      expect(() => getRunningLoop().close()).toThrow("Cannot close the loop: it is running")
    }))

  it("runInExecutor asks for an executor until one is set", () =>
    runVirtual(async () => {
      const loop = getRunningLoop()
      expect(() => loop.runInExecutor(null, () => 1)).toThrow("none is set")
      expect(() => loop.setDefaultExecutor({} as never)).toThrow(TypeError)
      const submit = ((fn, ...args) => createTask(async () => fn(...args))) as Executor["submit"]
      loop.setDefaultExecutor({ submit })
      expect(await loop.runInExecutor(null, (a: number, b: number) => a + b, 1, 2)).toBe(3)
    }))

  it("a task factory makes every task, also a group's, in its place", () =>
    runVirtual(async () => {
      const loop = getRunningLoop()
      const made: string[] = []
      loop.setTaskFactory((_, fn, options) => {
        const task = loop.makeTask(fn, { ...options, eager: true })
        made.push(task.name)
        return task
      })
      expect(loop.getTaskFactory()).not.toBeNull()
      const eager = createTask(() => 1, { name: "one" })
      expect([eager.done(), eager.result()]).toEqual([true, 1])
      await expect(
        taskGroup((group) => {
          group.createTask(() => Promise.reject(new Error("child")), { name: "two" })
        }),
      ).rejects.toThrow("child")
      expect(made).toEqual(["one", "two"])
      loop.setTaskFactory(() => eager)
      expect(() => createTask(() => 2)).toThrow("Expected the task factory to give what")
      loop.setTaskFactory(null)
      expect(await createTask(async () => 3)).toBe(3)
    }))

  it("LOOP-18: in debug mode a step that holds the thread is reported by name and seconds", async () => {
    const problems: Problem[] = []
    await run(
      async () => {
        getRunningLoop().slowCallbackDuration = 20
        const burn = (ms: number): void => {
          for (const end = performance.now() + ms; performance.now() < end;);
        }
        await createTask(async () => burn(30), { name: "burner" })
        getRunningLoop().callSoon(function spin() {
          burn(30)
        })
        await sleep(1)
      },
      { debug: true, onProblem: (problem) => problems.push(problem) },
    )
    const messages = problems.map(({ message }) => message.replace(/0\.0[0-9]+ s/, "N s"))
    expect(messages).toEqual([
      'task "burner" held the thread for N s',
      'Callback "spin" held the thread for N s',
    ])
  })
})

describe("a loop run by hand", () => {
  it("runs until the work is done, gives its value or error, and can be run again", () =>
    onVirtualClock(async () => {
      const loop = new EventLoop()
      expect(await loop.runUntilComplete(() => sleep(10, "slept"))).toBe("slept")
      await expect(loop.runUntilComplete(() => Promise.reject(new Error("work")))).rejects.toThrow("work")
      const future = loop.createFuture<number>()
      loop.callSoon(() => future.setResult(7))
      expect(await loop.runUntilComplete(future)).toBe(7)
      loop.close()
    }))

  it("LOOP-10: stop() lets what is ready run first; before running it makes one pass", () =>
    onVirtualClock(async () => {
      const loop = new EventLoop()
      const log: string[] = []
      loop.callSoon(() => {
        log.push("first")
        loop.callSoon(() => log.push("added in the first pass"))
      })
      loop.callSoon(() => log.push("second"))
      loop.stop()
      await loop.runForever()
      expect(log).toEqual(["first", "second"])
      loop.callSoon(() => loop.stop())
      loop.callSoon(() => log.push("same pass as stop"))
      await loop.runForever()
      expect(log).toEqual(["first", "second", "added in the first pass", "same pass as stop"])
      loop.close()
    }))

  it("LOOP-11: stopped early, it refuses the result; the task is pending and goes on with the next run", () =>
    onVirtualClock(async () => {
      const loop = new EventLoop()
      const log: string[] = []
      const task = loop.createTask(async () => {
        await sleep(0)
        loop.stop()
        await sleep(10)
        log.push("went on")
        return 5
      })
      await expect(loop.runUntilComplete(task)).rejects.toThrow("stopped before the work was done")
      expect([task.done(), log]).toEqual([false, []])
      expect(await loop.runUntilComplete(task)).toBe(5)
      expect(log).toEqual(["went on"])
      await expect(loop.runUntilComplete(1 as never)).rejects.toThrow(TypeError)
      const stranger = new EventLoop()
      await expect(loop.runUntilComplete(stranger.createFuture())).rejects.toThrow(RangeError)
      stranger.close()
      loop.close()
    }))

  it("LOOP-23: what a failed run has left behind does not disturb the next", () =>
    onVirtualClock(async () => {
      const loop = new EventLoop()
      const failing = loop.runUntilComplete(async () => {
        loop.stop()
        throw new Error("first run")
      })
      await expect(failing).rejects.toThrow("first run")
      expect(await loop.runUntilComplete(() => sleep(5, "second run"))).toBe("second run")
      loop.close()
    }))

  it("FUT-15: makes futures that belong to it", () =>
    onVirtualClock(async () => {
      const loop = new EventLoop()
      expect(loop.createFuture().isOf(loop.home)).toBe(true)
      expect(new Future().isOf(loop.home)).toBe(false)
      loop.close()
    }))

  it("runCoroutineThreadsafe gives a future that cancels its task", () =>
    runVirtual(async () => {
      const future = getRunningLoop().runCoroutineThreadsafe(() => sleep(1000))
      await sleep(1)
      future.cancel("no")
      await expect(future.join()).rejects.toThrow("no")
    }))
})

describe("a callback whose time has not come when the run ends", () => {
  it("is dropped, and holds no process", () =>
    onVirtualClock(async () => {
      let calls = 0
      const handle = await run(() => getRunningLoop().callLater(1e9, () => (calls += 1)))
      expect([handle.cancelled(), timerCount(), calls]).toEqual([true, 0, 0])
    }))

  it("a time that is none is refused, as is a loop that runs when it is run again", async () => {
    const loop = new EventLoop()
    expect(() => loop.callAt(NaN, () => {})).toThrow("Expected `time` to be milliseconds, got `NaN` (number)")
    expect(() => loop.callAt("1" as never, () => {})).toThrow(TypeError)
    expect(String(loop)).toBe("<EventLoop idle>")
    const end = loop.runForever()
    expect(String(loop)).toBe("<EventLoop running>")
    await expect(loop.runForever()).rejects.toThrow("it is running already")
    loop.stop()
    await end
    loop.close()
    expect(String(loop)).toBe("<EventLoop closed>")
  })

  it("a handle tells its callback, and that it was taken back", () =>
    runVirtual(() => {
      const handle = getRunningLoop().callSoon(function greet() {})
      expect(String(handle)).toBe('<Handle Callback "greet">')
      handle.cancel()
      expect(String(handle)).toBe("<Handle cancelled>")
    }))

  it("a task that is made in the pass in which the loop stops begins with the next run", () =>
    onVirtualClock(async () => {
      const loop = new EventLoop()
      const log: string[] = []
      loop.callSoon(() => {
        loop.stop()
        void loop.createTask(() => void log.push("begun"))
      })
      await loop.runForever()
      expect(log).toEqual([])
      await loop.runUntilComplete(() => sleep(1))
      expect(log).toEqual(["begun"])
      loop.close()
    }))

  it("in debug mode a turn of the loop's own is no slow step", () =>
    onVirtualClock(async () => {
      const problems: Problem[] = []
      const loop = new EventLoop({ debug: true, onProblem: (problem) => problems.push(problem) })
      loop.slowCallbackDuration = 0
      loop.stop()
      await loop.runForever()
      loop.close()
      expect(problems).toEqual([])
    }))
})
