// In an interpreter: runs what comes, each call as a task of its own, and answers.
//
// Calls begin in order of arrival and go on side by side, as tasks do. The thread has one run that never ends, so the
// code inside may use everything of tsyncio; what it starts and leaves goes on when its call is over. Errors that reach
// nobody are told to the program, and the interpreter goes on, as a console would.
import type { MessagePort } from "node:worker_threads"
import { describeReason } from "../base/describe-reason.ts"
import type { Task } from "../core/index.ts"
import { Future, Runner, bind, isCancelled } from "../core/index.ts"
import { spawn } from "../core/lowlevel.ts"
import type { InterpreterAnswer, InterpreterMessage, InterpreterWork } from "./interpreter-message.ts"
import { loadFunction, prepareForFunctions } from "./load-function.ts"
import type { SentValue } from "./sent-value.ts"
import { packShared, unpackShared } from "./sent-value.ts"
import { SourceEvaluator } from "./source-evaluator.ts"
import { packThrown, unpackThrown } from "./thrown-parcel.ts"

type AnyFunction = (...args: unknown[]) => unknown

/** Serves an interpreter until its program closes it. */
export function serveInterpreter(port: MessagePort): void {
  const post = (answer: InterpreterAnswer): void => port.postMessage(answer)
  const tell = (message: string, error: unknown): void =>
    post({ kind: "problem", message, parcel: packThrown(error) })
  process.on("uncaughtException", (error) => {
    // Who listens for it himself sees to it himself.
    if (process.listenerCount("uncaughtException") === 1)
      tell("An error was thrown that nobody caught", error)
  })
  process.on("unhandledRejection", (error) => {
    if (!isCancelled(error) && process.listenerCount("unhandledRejection") <= 2)
      tell("A promise was rejected that nobody awaits", error)
  })
  const onProblem = ({ message, error }: { message: string; error?: unknown }): void => tell(message, error)
  void new Runner({ handleSignals: false, onProblem }).run(async () => {
    prepareForFunctions()
    const server = new InterpreterServer(post)
    // The port was made before the run, and brings no context of it along.
    port.on(
      "message",
      bind((message: InterpreterMessage) => server.receive(message)),
    )
    post({ kind: "ready" })
    await new Future()
  })
}

class InterpreterServer {
  readonly #post: (answer: InterpreterAnswer) => void
  readonly #evaluator = new SourceEvaluator()
  readonly #calls = new Map<number, Task<unknown>>()

  constructor(post: (answer: InterpreterAnswer) => void) {
    this.#post = post
  }

  receive(message: InterpreterMessage): void {
    if (message.kind === "work") this.#begin(message.id, message.work)
    else if (message.kind === "cancel")
      this.#calls.get(message.id)?.cancel(unpackThrown(message.reason, "in the program"))
    else void this.#close()
  }

  #begin(id: number, work: InterpreterWork): void {
    const name = work.kind === "exec" || work.kind === "call by name" ? work.name : work.kind
    const task = spawn(() => this.#perform(work), { name })
    this.#calls.set(id, task)
    task.addListener({
      futureDone: () => {
        this.#calls.delete(id)
        const failure = task.failure()
        if (failure !== null) this.#post({ kind: "thrown", id, parcel: packThrown(failure.error) })
        else this.#give(id, work, task.result())
      },
    })
  }

  async #perform(work: InterpreterWork): Promise<unknown> {
    switch (work.kind) {
      case "exec":
        return this.#evaluator.run(work.source, work.name)
      case "call":
        return this.#call(await loadFunction(work.fn), work.args)
      case "call by name":
        return this.#call(await this.#named(work.name), work.args)
      case "set":
        Object.assign(globalThis, unpackShared(work.values))
        return undefined
    }
  }

  #call(fn: AnyFunction, args: SentValue): unknown {
    return fn(...(unpackShared(args) as unknown[]))
  }

  async #named(name: string): Promise<AnyFunction> {
    const found = await this.#evaluator.run(`typeof ${name} === "function" ? ${name} : undefined`, "call")
    if (typeof found === "function") return found as AnyFunction
    throw new TypeError(
      `Cannot call \`${name}\`: the interpreter has no function of that name; define it by \`exec\``,
    )
  }

  #give(id: number, work: InterpreterWork, value: unknown): void {
    try {
      this.#post({ kind: "value", id, value: packShared(value) })
    } catch (error) {
      // The value of a piece of source is what its last expression happens to be.
      if (work.kind === "exec") this.#post({ kind: "value", id, value: { value: undefined, shared: [] } })
      else {
        const message = `Cannot send the result back: ${describeReason(error)}; give plain data, or what the structured clone takes`
        this.#post({ kind: "thrown", id, parcel: packThrown(new TypeError(message, { cause: error })) })
      }
    }
  }

  /** Lets what runs clean up, and ends the thread. */
  async #close(): Promise<void> {
    const running = [...this.#calls.values()]
    for (const task of running) task.cancel("the interpreter is being closed")
    await Promise.allSettled(running.map((task) => task.join()))
    process.exit(0)
  }
}
