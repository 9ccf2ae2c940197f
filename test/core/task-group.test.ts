import { describe, expect, it } from "vitest"
import type { Problem, Task, TaskGroup } from "../../src/core/index.ts"
import {
  CancelledError,
  Future,
  InvalidStateError,
  TaskGroupError,
  TimeoutError,
  createTask,
  currentTask,
  getRunningLoop,
  taskGroup,
} from "../../src/core/index.ts"
import { afterPoll } from "../../src/core/lowlevel.ts"
import { sleep, timeout } from "../../src/time/index.ts"
import { now, runVirtual, steps } from "../../src/testing/index.ts"
import { cleaned, errorOf } from "./outcomes.ts"

const errorsOf = async (promise: PromiseLike<unknown>): Promise<unknown[]> => {
  const error = await errorOf(promise)
  expect(error).toBeInstanceOf(TaskGroupError)
  return (error as TaskGroupError).errors
}

const fail = async (after: number, error: Error): Promise<never> => {
  await sleep(after)
  throw error
}

/** Sleeps; when cancelled, cleans up for `ms` and notes it. */
const cleansUp = async (ms: number, log: string[], name: string): Promise<void> => {
  try {
    await sleep(100_000)
  } finally {
    await sleep(ms)
    log.push(`${name} cleaned`)
  }
}

const self = (): Task<unknown> => currentTask() as Task<unknown>

describe("a group's normal life", () => {
  it("TG-01: the block ends when the last child has, and results are there", () =>
    runVirtual(async () => {
      const [a, b] = await taskGroup(async (group) => [
        group.createTask(() => sleep(100, "a")),
        group.createTask(() => sleep(200, "b")),
      ])
      expect([now(), a?.result(), b?.result()]).toEqual([200, "a", "b"])
    }))

  it("TG-02: children that are started later in the body are awaited as well", () =>
    runVirtual(async () => {
      await taskGroup(async (group) => {
        void group.createTask(() => sleep(10))
        await sleep(20)
        void group.createTask(() => sleep(30))
      })
      expect(now()).toBe(50)
    }))

  it("TG-05: a child may start siblings, also after the body has ended", () =>
    runVirtual(async () => {
      const log: string[] = []
      await taskGroup(async (group) => {
        void group.createTask(async () => {
          await sleep(10)
          void group.createTask(async () => {
            await sleep(10)
            log.push("sibling")
            void group.createTask(async () => void log.push("next"))
          })
        })
      })
      expect([now(), log]).toEqual([20, ["sibling", "next"]])
    }))

  it("TG-05: a child started in the turn in which the last one ends is awaited", () =>
    runVirtual(async () => {
      const log: string[] = []
      await taskGroup(async (group) => {
        const child = group.createTask(() => sleep(5))
        let isLate = false
        const startLate = (): void => {
          if (isLate) return
          isLate = true
          void group.createTask(async () => {
            await sleep(10)
            log.push("late")
          })
        }
        child.addDoneCallback(() => new Future<void>().addListener({ futureDone: startLate }))
        // The group hears of the end before this callback, which was added to the same future.
        void createTask(async () => {
          await child
          startLate()
        })
      })
      expect(log).toEqual(["late"])
    }))

  it("TG-06: options reach the child", () =>
    runVirtual(async () => {
      await taskGroup(async (group) => {
        const controller = new AbortController()
        const child = group.createTask(() => sleep(100), {
          name: "n",
          eager: true,
          signal: controller.signal,
        })
        expect([child.name, child.waitingOn]).toMatchObject(["n", { kind: "sleep" }])
        controller.abort("enough")
        expect(await errorOf(child)).toMatchObject({ reason: "enough" })
      })
    }))

  it("TG-08: leaving a group without living children lets nobody in between", () =>
    runVirtual(async () => {
      const { step, finish } = steps()
      await taskGroup(async (group) => {
        const child = group.createTask(async () => step(1))
        await child
        await sleep(0)
        void createTask(async () => finish(3))
      })
      await taskGroup(() => {})
      step(2)
      await sleep(0)
    }))

  it("TG-09: tells its state as text", () =>
    runVirtual(async () => {
      const texts: string[] = []
      let group: TaskGroup | undefined
      const error = await errorOf(
        taskGroup(async (given) => {
          group = given
          texts.push(String(given))
          void given.createTask(() => fail(1, new Error("E")))
          void given.createTask(() => sleep(100).finally(() => texts.push(String(given))))
          texts.push(String(given))
        }),
      )
      expect(error).toBeInstanceOf(TaskGroupError)
      texts.push(String(group))
      expect(texts).toEqual([
        "<TaskGroup open tasks=0 errors=0>",
        "<TaskGroup open tasks=2 errors=0>",
        "<TaskGroup aborting tasks=1 errors=1>",
        "<TaskGroup ended tasks=0 errors=1>",
      ])
    }))

  it("gives what its body gives, and awaits a task that the body returns inside the group", () =>
    runVirtual(async () => {
      expect(await taskGroup(() => 5)).toBe(5)
      expect(await taskGroup((group) => group.createTask(() => sleep(5, "child")))).toBe("child")
    }))

  it("waits for a child that somebody else starts in the turn in which the last one has ended", () =>
    runVirtual(async () => {
      let given: TaskGroup | null = null
      let late: Task<string> | null = null
      const outsider = createTask(async () => {
        await sleep(10)
        // The child ends in the turn after this one, the group hears of it in the second, and wakes its body
        // in the third.
        await sleep(0)
        await sleep(0)
        late = given?.createTask(() => sleep(20, "late")) ?? null
      })
      await taskGroup((group) => {
        given = group
        void group.createTask(() => sleep(10))
      })
      expect(now()).toBe(30)
      expect(await (late as Task<string> | null)).toBe("late")
      await outsider
    }))

  it("L3: holds only the living", () =>
    runVirtual(async () => {
      await taskGroup(async (group) => {
        for (let i = 0; i < 1000; i += 1) {
          void group.createTask(() => i)
          await sleep(0)
        }
        expect(String(group)).toBe("<TaskGroup open tasks=1 errors=0>")
      })
    }))
})

describe("failures in a group", () => {
  it("TG-10: one child failing cancels siblings and body; the block throws when all have ended", () =>
    runVirtual(async () => {
      const error = new Error("A")
      const log: string[] = []
      const errors = await errorsOf(
        taskGroup(async (group) => {
          void group.createTask(() => fail(5, error))
          void group.createTask(() => cleansUp(20, log, "b"))
          await sleep(1000).catch((thrown: unknown) => {
            log.push("body told")
            throw thrown
          })
          log.push("not reached")
        }),
      )
      expect(errors).toEqual([error])
      expect([now(), log]).toEqual([25, ["body told", "b cleaned"]])
    }))

  it("TG-12: errors stand in the order in which they happened, the body's last", () =>
    runVirtual(async () => {
      const [a, b, body] = [new Error("A"), new Error("B"), new Error("body")]
      const errors = await errorsOf(
        taskGroup(async (group) => {
          void group.createTask(() => fail(1, a))
          void group.createTask(() => cleaned(sleep(100), () => Promise.reject(b)))
          await cleaned(sleep(100), () => Promise.reject(body))
        }),
      )
      expect(errors).toEqual([a, b, body])
    }))

  it("TG-13: cancelled children are not listed", () =>
    runVirtual(async () => {
      const errors = await errorsOf(
        taskGroup(async (group) => {
          for (let i = 0; i < 5; i += 1) void group.createTask(() => sleep(100))
          void group.createTask(() => fail(1, new Error("only")))
        }),
      )
      expect(errors).toHaveLength(1)
    }))

  it("T6: two children that fail in one turn are both in the error", () =>
    runVirtual(async () => {
      const errors = await errorsOf(
        taskGroup(async (group) => {
          void group.createTask(() => fail(5, new Error("first")))
          void group.createTask(() => fail(5, new Error("second")))
        }),
      )
      expect(errors).toEqual([new Error("first"), new Error("second")])
    }))

  it("TG-16: an error that the body got by awaiting the child appears once", () =>
    runVirtual(async () => {
      const error = new Error("E")
      const errors = await errorsOf(
        taskGroup(async (group) => {
          await group.createTask(() => fail(1, error))
        }),
      )
      expect(errors).toEqual([error])
    }))

  it("TG-17: catching a child's error does not save the body", () =>
    runVirtual(async () => {
      const log: string[] = []
      const errors = await errorsOf(
        taskGroup(async (group) => {
          const child = group.createTask(() => fail(1, new Error("E")))
          await errorOf(child)
          log.push("caught")
          await sleep(100).finally(() => log.push("told"))
          log.push("not reached")
        }),
      )
      expect([errors, log]).toEqual([[new Error("E")], ["caught", "told"]])
    }))

  it("TG-18: a body that swallows the request runs on, and the error is thrown at the end", () =>
    runVirtual(async () => {
      const log: string[] = []
      const errors = await errorsOf(
        taskGroup(async (group) => {
          void group.createTask(() => fail(1, new Error("E")))
          await sleep(100).catch(() => {})
          await sleep(10)
          log.push("ran on")
        }),
      )
      expect([errors, log, self().cancelling()]).toEqual([[new Error("E")], ["ran on"], 0])
    }))

  it("TG-19: once the error is caught outside, nothing follows", () =>
    runVirtual(async () => {
      await errorsOf(
        taskGroup(async (group) => {
          void group.createTask(() => fail(1, new Error("E")))
          await sleep(100)
        }),
      )
      expect(self().cancelling()).toBe(0)
      expect(await sleep(10, "in peace")).toBe("in peace")
    }))

  it("TG-20: a resource that fails to close while the group unwinds is listed too", () =>
    runVirtual(async () => {
      const errors = await errorsOf(
        taskGroup(async (group) => {
          void group.createTask(() => fail(1, new Error("E1")))
          try {
            await sleep(100)
          } finally {
            await fail(1, new Error("E2"))
          }
        }),
      )
      expect(errors).toEqual([new Error("E1"), new Error("E2")])
    }))

  it("TG-23: an eager child that starts a failing eager sibling is told at its next wait", () =>
    runVirtual(async () => {
      const log: string[] = []
      const errors = await errorsOf(
        taskGroup(async (group) => {
          void group.createTask(
            async () => {
              void group.createTask(() => Promise.reject(new Error("E")), { eager: true })
              log.push("went on")
              await sleep(100).finally(() => log.push("told"))
            },
            { eager: true },
          )
        }),
      )
      expect([errors, log]).toEqual([[new Error("E")], ["went on", "told"]])
    }))

  it("E2: its cause is the first error, and find() looks through nested groups", () =>
    runVirtual(async () => {
      const error = (await errorOf(
        taskGroup(async (group) => {
          void group.createTask(() =>
            taskGroup((inner) => inner.createTask(() => fail(1, new RangeError("deep")))),
          )
          void group.createTask(() => cleaned(sleep(100), () => Promise.reject(new TypeError("flat"))))
        }),
      )) as TaskGroupError
      expect(error.cause).toBe(error.errors[0])
      expect(error.find(RangeError)?.message).toBe("deep")
      expect(error.find(TypeError)?.message).toBe("flat")
      expect(error.find(SyntaxError)).toBeUndefined()
      expect(error.message).toContain("2 errors in a task group")
    }))

  it("a body that fails by itself cancels the children first", () =>
    runVirtual(async () => {
      const log: string[] = []
      const errors = await errorsOf(
        taskGroup(async (group) => {
          void group.createTask(() => cleansUp(10, log, "child"))
          await sleep(1)
          throw new Error("body")
        }),
      )
      expect([errors, log, now()]).toEqual([[new Error("body")], ["child cleaned"], 11])
      const atOnce = await errorsOf(
        taskGroup(() => {
          throw new Error("at once")
        }),
      )
      expect(atOnce).toEqual([new Error("at once")])
    }))
})

describe("a group cancelled from above", () => {
  it("TG-24: while it waits for its children, all are cancelled and awaited, and the request goes on", () =>
    runVirtual(async () => {
      const log: string[] = []
      const task = createTask(() =>
        taskGroup(async (group) => {
          void group.createTask(() => sleep(1000).finally(() => log.push("a")))
          void group.createTask(() => sleep(1000).finally(() => log.push("b")))
        }),
      )
      await sleep(5)
      task.cancel("m")
      expect(await errorOf(task)).toMatchObject({ name: "CancelledError", reason: "m" })
      expect(log).toEqual(["a", "b"])
    }))

  it("TG-24: it is not lost when the children swallow it", () =>
    runVirtual(async () => {
      const task = createTask(() =>
        taskGroup(async (group) => {
          void group.createTask(() => sleep(1000).catch(() => {}))
        }),
      )
      await sleep(5)
      task.cancel("m")
      expect(await errorOf(task)).toMatchObject({ reason: "m" })
    }))

  it("TG-25: while its body is parked, body and children get it", () =>
    runVirtual(async () => {
      const log: string[] = []
      const task = createTask(() =>
        taskGroup(async (group) => {
          void group.createTask(() => sleep(1000).finally(() => log.push("child")))
          await sleep(1000).finally(() => log.push("body"))
        }),
      )
      await sleep(5)
      task.cancel("m")
      expect(await errorOf(task)).toMatchObject({ reason: "m" })
      expect(log).toEqual(["child", "body"])
    }))

  it("TG-26: the block waits for the children's clean-up, told once", () =>
    runVirtual(async () => {
      const log: string[] = []
      for (const isBodyParked of [false, true]) {
        const start = now()
        log.length = 0
        const task = createTask(() =>
          taskGroup(async (group) => {
            void group.createTask(() => cleansUp(30, log, "a"))
            void group.createTask(() => cleansUp(50, log, "b"))
            if (isBodyParked) await sleep(1000)
          }),
        )
        await sleep(5)
        task.cancel()
        expect(await errorOf(task)).toBeInstanceOf(CancelledError)
        expect([log, now() - start]).toEqual([["a cleaned", "b cleaned"], 55])
      }
    }))

  it("TG-27: an error thrown in clean-up wins, and the request comes at the next wait", () =>
    runVirtual(async () => {
      const log: unknown[] = []
      const task = createTask(async () => {
        log.push(
          await errorsOf(
            taskGroup(async (group) => {
              void group.createTask(() => cleaned(sleep(1000), () => Promise.reject(new Error("clean-up"))))
            }),
          ),
        )
        log.push(self().cancelling())
        await sleep(1000)
      })
      await sleep(5)
      task.cancel("m")
      expect(await errorOf(task)).toMatchObject({ reason: "m" })
      expect([log, now()]).toEqual([[[new Error("clean-up")], 1], 5])
    }))

  it("TG-28: a child's failure and a request that overlap: neither is lost, whichever turn it comes in", () =>
    runVirtual(async () => {
      for (const isCleaning of [true, false]) {
        for (let turns = 0; turns < 6; turns += 1) {
          const failing = new Future<void>()
          let thrown: unknown = null
          let next: unknown = null
          const task = createTask(async () => {
            thrown = await errorOf(
              taskGroup((group) => {
                void group.createTask(() => failing)
                if (isCleaning) void group.createTask(() => cleansUp(20, [], "a"))
              }),
            )
            next = await sleep(1000).catch((error: unknown) => error)
          })
          await sleep(5)
          failing.setException(new Error("E"))
          for (let turn = 0; turn < turns; turn += 1) await sleep(0)
          task.cancel("m")
          await task
          expect(failing.exception()).toEqual(new Error("E"))
          // In the first turn it beats the failure on its way to the child: the group is left by the request.
          const isBeaten = turns === 0
          expect(thrown).toMatchObject(isBeaten ? { reason: "m" } : { errors: [new Error("E")] })
          expect((next as CancelledError | undefined)?.reason).toBe(isBeaten ? undefined : "m")
        }
      }
    }))

  it("TG-29: a second request while it waits for clean-up abandons nobody", () =>
    runVirtual(async () => {
      const log: string[] = []
      const task = createTask(() =>
        taskGroup(async (group) => {
          void group.createTask(async () => {
            try {
              await sleep(1000)
            } finally {
              try {
                await sleep(50)
              } finally {
                await sleep(10)
                log.push("left")
              }
            }
          })
        }),
      )
      await sleep(5)
      task.cancel()
      await sleep(5)
      task.cancel()
      await errorOf(task)
      expect([log, task.cancelled(), task.cancelling(), now()]).toEqual([["left"], true, 2, 20])
    }))

  it("TG-30: a body that turns the request into an error of its own fails with that", () =>
    runVirtual(async () => {
      const log: string[] = []
      const task = createTask(() =>
        taskGroup(async (group) => {
          void group.createTask(() => cleansUp(20, log, "child"))
          await sleep(1000).catch(() => Promise.reject(new RangeError("mine")))
        }),
      )
      await sleep(5)
      task.cancel()
      expect(await errorsOf(task)).toEqual([new RangeError("mine")])
      expect([log, now()]).toEqual([["child cleaned"], 25])
    }))

  it("TG-31: a child that fails while the body handles the request interrupts the body again", () =>
    runVirtual(async () => {
      const log: unknown[] = []
      const task = createTask(async () => {
        log.push(
          await errorsOf(
            taskGroup(async (group) => {
              void group.createTask(() => cleaned(sleep(1000), () => fail(10, new Error("child"))))
              try {
                await sleep(1000)
              } catch {
                await sleep(100).finally(() => log.push(`interrupted at ${now()}`))
              }
            }),
          ),
        )
        log.push(self().cancelling())
      })
      await sleep(5)
      task.cancel()
      // The request from above is armed again when the group throws: it drops what the task returns.
      await errorOf(task)
      expect(log).toEqual(["interrupted at 15", [new Error("child")], 1])
      expect(task.cancelled()).toBe(true)
    }))

  it("TG-32: a body that throws a CancelledError by itself cancels the children, and it goes on", () =>
    runVirtual(async () => {
      const log: string[] = []
      const error = new CancelledError("own")
      const thrown = await errorOf(
        taskGroup(async (group) => {
          void group.createTask(() => cleansUp(5, log, "child"))
          await sleep(1)
          throw error
        }),
      )
      expect(thrown).toBe(error)
      expect([log, self().cancelling()]).toEqual([["child cleaned"], 0])
    }))

  it("a child started by a body that caught the request and throws it on is cancelled as well", () =>
    runVirtual(async () => {
      const log: string[] = []
      const task = createTask(() =>
        taskGroup(async (group) => {
          void group.createTask(() => cleansUp(30, log, "told"))
          try {
            await sleep(1000)
          } catch (error) {
            void group.createTask(() => cleansUp(5, log, "late"))
            await sleep(1)
            throw error
          }
        }),
      )
      await sleep(5)
      task.cancel()
      await errorOf(task)
      expect([log, now()]).toEqual([["late cleaned", "told cleaned"], 35])
    }))

  it("a group that clean-up opens under a cancelled task works", () =>
    runVirtual(async () => {
      const log: string[] = []
      const task = createTask(async () => {
        try {
          await sleep(1000)
        } finally {
          await taskGroup(async (group) => {
            for (const name of ["a", "b"]) {
              void group.createTask(async () => {
                await sleep(10)
                log.push(name)
              })
            }
          })
        }
      })
      await sleep(5)
      task.cancel()
      await errorOf(task)
      expect(log).toEqual(["a", "b"])
    }))

  it("C1: options.signal cancels the group, which is left without an error", () =>
    runVirtual(async () => {
      const controller = new AbortController()
      let isTold = false
      const group = taskGroup(
        async (group) => {
          void group.createTask(() => sleep(1000).finally(() => (isTold = true)))
          await sleep(1000)
        },
        { signal: controller.signal, name: "g" },
      )
      await sleep(5)
      controller.abort()
      expect([await group, isTold]).toEqual([undefined, true])
    }))

  it("C9: its signal is aborted when it aborts, and when a scope above is cancelled", () =>
    runVirtual(async () => {
      const signals: AbortSignal[] = []
      await errorsOf(
        taskGroup(async (group) => {
          signals.push(group.signal)
          await fail(1, new Error("E"))
        }),
      )
      const task = createTask(() =>
        taskGroup(async (group) => {
          signals.push(group.signal)
          await sleep(1000)
        }),
      )
      await sleep(5)
      task.cancel()
      await errorOf(task)
      expect(signals.map((signal) => signal.aborted)).toEqual([true, true])
    }))
})

describe("groups in groups", () => {
  it("TG-34: an outer child that fails ends the inner group silently", () =>
    runVirtual(async () => {
      const log: string[] = []
      const errors = await errorsOf(
        taskGroup(async (outer) => {
          void outer.createTask(() => fail(5, new Error("outer")))
          await taskGroup(async (inner) => {
            void inner.createTask(() => sleep(1000).finally(() => log.push("inner child")))
            await sleep(1000)
          })
        }),
      )
      expect([errors, log, self().cancelling()]).toEqual([[new Error("outer")], ["inner child"], 0])
    }))

  it("TG-35: both fail together, the inner error is caught in between: the outer one still comes", () =>
    runVirtual(async () => {
      const log: unknown[] = []
      const errors = await errorsOf(
        taskGroup(async (outer) => {
          void outer.createTask(() => fail(5, new Error("outer")))
          log.push(
            await errorsOf(
              taskGroup(async (inner) => void inner.createTask(() => fail(5, new Error("inner")))),
            ),
          )
          await sleep(1000).finally(() => log.push("told"))
        }),
      )
      expect(errors).toEqual([new Error("outer")])
      expect(log).toEqual([[new Error("inner")], "told"])
      expect(self().cancelling()).toBe(0)
      await sleep(1)
    }))

  it("TG-36: errors in the clean-up of inner children stand nested", () =>
    runVirtual(async () => {
      const task = createTask(() =>
        taskGroup(() =>
          taskGroup(async (inner) => {
            void inner.createTask(() => cleaned(sleep(1000), () => Promise.reject(new Error("clean-up"))))
          }),
        ),
      )
      await sleep(5)
      task.cancel()
      const [inner] = await errorsOf(task)
      expect((inner as TaskGroupError).errors).toEqual([new Error("clean-up")])
    }))

  it("a request from another group's child reaches this one", () =>
    runVirtual(async () => {
      const log: string[] = []
      await taskGroup(async (first) => {
        await taskGroup(async (second) => {
          void second.createTask(async () => {
            await sleep(5)
            first.cancel("from the second")
            await sleep(1000).finally(() => log.push("second's child"))
          })
          void first.createTask(() => sleep(1000).finally(() => log.push("first's child")))
          await sleep(1000)
        })
      })
      expect(log).toEqual(["first's child", "second's child"])
    }))
})

describe("misuse of a group", () => {
  it("TG-37: createTask is refused when the group has ended or is aborting, and nothing is called", () =>
    runVirtual(async () => {
      let calls = 0
      const work = async (): Promise<number> => (calls += 1)
      const group = await taskGroup(async (group) => group)
      expect(() => group.createTask(work)).toThrow(InvalidStateError)
      await errorsOf(
        taskGroup(async (group) => {
          void group.createTask(() => fail(1, new Error("E")))
          await sleep(100).catch(() => {})
          expect(() => group.createTask(work)).toThrow("the group is aborting")
        }),
      )
      expect(calls).toBe(0)
    }))

  it("TG-39: a child that is being cancelled by the abort, or by a request from above, gets the refusal", () =>
    runVirtual(async () => {
      const refused: unknown[] = []
      const startsAnother = (group: TaskGroup): Promise<unknown> =>
        sleep(1000).catch(() => {
          try {
            void group.createTask(() => {})
          } catch (error) {
            refused.push(error)
          }
        })
      await errorsOf(
        taskGroup(async (group) => {
          void group.createTask(() => startsAnother(group))
          void group.createTask(() => fail(1, new Error("E")))
        }),
      )
      const task = createTask(() =>
        taskGroup(async (group) => void group.createTask(() => startsAnother(group))),
      )
      await sleep(5)
      task.cancel()
      await errorOf(task)
      expect(refused).toEqual([expect.any(InvalidStateError), expect.any(InvalidStateError)])
    }))

  it("refuses a body or a child that is no function, and patience that is none", () =>
    runVirtual(async () => {
      expect(() => taskGroup(5 as never)).toThrow(TypeError)
      await taskGroup(async (group) => {
        expect(() => group.createTask(sleep(0) as never)).toThrow(TypeError)
      })
      expect(() => taskGroup(() => {}, { patience: -1 })).toThrow(RangeError)
    }))
})

describe("TaskGroup.cancel", () => {
  it("TG-40: ends body and children; the block is left without an error", () =>
    runVirtual(async () => {
      const log: string[] = []
      const result = await taskGroup(async (group) => {
        void group.createTask(() => cleansUp(10, log, "child"))
        await sleep(1)
        group.cancel("enough")
        log.push("synchronous code runs on")
        await sleep(1000).finally(() => log.push("body told"))
        return "not reached"
      })
      expect([result, log, now()]).toEqual([
        undefined,
        ["synchronous code runs on", "body told", "child cleaned"],
        11,
      ])
      expect(self().cancelling()).toBe(0)
    }))

  it("TG-43: twice, after the end, or without a wait afterwards it changes nothing", () =>
    runVirtual(async () => {
      const group = await taskGroup(async (group) => {
        group.cancel()
        group.cancel()
        return group
      })
      expect(group).toBeDefined()
      group.cancel()
      expect(await sleep(5, "no stray request")).toBe("no stray request")
    }))

  it("TG-43: children that were not started never are", () =>
    runVirtual(async () => {
      let isCalled = false
      await taskGroup(async (group) => {
        void group.createTask(() => (isCalled = true))
        group.cancel()
      })
      expect(isCalled).toBe(false)
    }))

  it("TG-44: an error thrown after it is the group's error", () =>
    runVirtual(async () => {
      expect(
        await errorsOf(
          taskGroup(async (group) => {
            void group.createTask(() => cleaned(sleep(100), () => Promise.reject(new Error("child"))))
            await sleep(1)
            group.cancel()
            throw new Error("body")
          }),
        ),
      ).toEqual([new Error("child"), new Error("body")])
    }))

  it("TG-45: a request or timeout from above that comes while it cleans up is not swallowed", () =>
    runVirtual(async () => {
      const cancelled = (): Promise<unknown> =>
        taskGroup(async (group) => {
          void group.createTask(() => cleansUp(100, [], "child"))
          await sleep(1)
          group.cancel()
          await sleep(1000)
        })
      const task = createTask(cancelled)
      await sleep(5)
      task.cancel("from above")
      expect(await errorOf(task)).toMatchObject({ reason: "from above" })
      expect(await errorOf(timeout(20, cancelled))).toBeInstanceOf(TimeoutError)
    }))

  it("TG-46: createTask after it is refused", () =>
    runVirtual(async () => {
      await taskGroup(async (group) => {
        group.cancel()
        expect(() => group.createTask(() => {})).toThrow(InvalidStateError)
      })
    }))

  it("may come from another task, a done callback or an abort listener", () =>
    runVirtual(async () => {
      for (const by of ["task", "callback", "listener"]) {
        const child = new Future<void>()
        const start = now()
        await taskGroup(async (group) => {
          const task = group.createTask(() => sleep(1000))
          if (by === "task") void createTask(() => sleep(5).then(() => group.cancel()))
          if (by === "callback") child.addDoneCallback(() => group.cancel())
          if (by === "listener") task.signal.addEventListener("abort", () => group.cancel())
          await sleep(5)
          child.setResult()
          if (by === "listener") task.cancel()
          await sleep(1000)
        })
        expect(now() - start).toBe(5)
      }
    }))
})

describe("a body in a foreign await", () => {
  it("P3: the block waits for its body, and the request comes at the next wait", () =>
    runVirtual(async () => {
      const { step, finish } = steps()
      const task = createTask(() =>
        taskGroup(async (group) => {
          void group.createTask(() => sleep(1000).finally(() => step(2)))
          let polls = 0
          await new Promise<void>((resolve) => {
            const poll = (): void => {
              polls += 1
              if (polls > 5) resolve()
              else afterPoll(poll)
            }
            poll()
          })
          step(3)
          await sleep(1).finally(() => finish(4))
        }),
      )
      await sleep(0)
      step(1)
      task.cancel()
      await errorOf(task)
    }))
})

describe("persistent groups", () => {
  it("C6: every wait throws until the group is left", () =>
    runVirtual(async () => {
      let thrown = 0
      const start = now()
      await taskGroup(
        async (group) => {
          const swallow = async (): Promise<void> => {
            for (let i = 0; i < 5; i += 1) await sleep(10).catch(() => (thrown += 1))
          }
          void group.createTask(swallow)
          await sleep(1)
          group.cancel()
          await swallow()
        },
        { persistent: true },
      )
      expect([thrown, now() - start]).toEqual([10, 1])
      expect(await sleep(1, "after")).toBe("after")
    }))
})

describe("the patience of a group", () => {
  it("C8: a child that goes on is reported and told again after the group's own patience", async () => {
    const problems: Problem[] = []
    let ended = 0
    await runVirtual(
      async () => {
        const group = taskGroup(
          async (group) => {
            void group.createTask(
              async () => {
                for (let round = 0; round < 3; round += 1) await sleep(1000).catch(() => {})
                ended = now()
              },
              { name: "stubborn" },
            )
            await sleep(10)
            group.cancel("why")
          },
          { patience: 50 },
        )
        await group
      },
      { onProblem: (problem) => problems.push(problem) },
    )
    expect(ended).toBe(60)
    expect(problems).toMatchObject([
      {
        message:
          'task "stubborn" is still alive 0.05 s after it was cancelled; each of its waits will throw from now on',
        location: "a wait for sleep",
      },
    ])
  })
})

describe("a request that was pending when the group began", () => {
  it("C2: tells the children once it has come to the body", () =>
    runVirtual(async () => {
      const log: string[] = []
      const task = createTask(async () => {
        currentTask()?.cancel("pending")
        await taskGroup(async (group) => {
          void group.createTask(async () => {
            try {
              await sleep(50)
              log.push("child slept to its end")
            } finally {
              log.push("child told")
            }
          })
          try {
            await sleep(0)
          } finally {
            log.push("body told")
          }
        })
      })
      await task.join().catch((error: unknown) => log.push(String(error)))
      expect(log).toEqual(["body told", "child told", "CancelledError: Cancelled: pending"])
    }))
})

describe("children that cannot be made", () => {
  it("do not count: a task factory that throws, a name without a text, a signal that is none", () =>
    runVirtual(async () => {
      const loop = getRunningLoop()
      const refused = new Error("no more tasks")
      const errors: unknown[] = []
      const value = await taskGroup(async (group) => {
        const attempt = async (options: object): Promise<void> => {
          errors.push(await errorOf((async () => void group.createTask(() => sleep(1), options))()))
        }
        loop.setTaskFactory(() => {
          throw refused
        })
        await attempt({})
        loop.setTaskFactory(null)
        await attempt({ signal: new AbortController() })
        await attempt({ name: Object.create(null) as string })
        return "left"
      })
      expect(value).toBe("left")
      expect(errors).toEqual([refused, expect.any(TypeError), expect.any(TypeError)])
    }))

  it("C1: under a signal that has aborted already the body is not run", () =>
    runVirtual(async () => {
      let runs = 0
      const body = (group: TaskGroup): void => {
        runs += 1
        group.createTask(() => sleep(1))
      }
      expect(await taskGroup(body, { signal: AbortSignal.abort("before") })).toBeUndefined()
      expect(runs).toBe(0)
    }))

  it("start() hands over a class that its child has thrown", () =>
    runVirtual(async () => {
      const error = await taskGroup((group) =>
        group.start(() => Promise.reject(RangeError)).catch((error: unknown) => error),
      )
      expect(error).toMatchObject({ cause: RangeError })
    }))

  it("start() cancels a child that is not ready when its starter is cancelled", () =>
    runVirtual(async () => {
      const log: string[] = []
      await taskGroup(async (group) => {
        const starter = createTask(() => group.start(() => cleansUp(5, log, "child")))
        await sleep(1)
        starter.cancel("no more")
        expect(await errorOf(starter)).toMatchObject({ reason: "no more" })
        expect(log).toEqual([])
      })
      expect([log, now()]).toEqual([["child cleaned"], 6])
    }))

  it("C4: one that nobody awaits is ended with the task that waits in it for its children", () =>
    runVirtual(async () => {
      const errors: unknown[] = []
      await createTask(async () => {
        const rest = taskGroup((group) => void group.createTask(() => sleep(1000)))
        rest.catch((error: unknown) => errors.push(error))
        await sleep(1)
      })
      await sleep(0)
      expect(errors).toMatchObject([{ name: "ScopeEndedError" }])
      expect(now()).toBe(1)
    }))
})
