// Isolates with their own globals, each a thread of its own.
//
//   state    | meaning                                      | leaves by
//   open     | takes calls                                  | close() -> closing, its thread ends -> lost
//   closing  | what runs is cancelled, nothing new comes in | its thread ends -> closed
//   closed   | was closed                                   | -
//   lost     | its thread has ended by itself, or had to    | -
//
// A call that is cancelled is told so inside, and its caller goes on when it has ended there, or when `grace` is over and
// the whole thread was ended: nothing else stops a loop that never waits. Its thread holds the process while a call
// runs, and no longer. Each call is answered once; the end of the thread answers all that are left.
import { MessageChannel, Worker, receiveMessageOnPort } from "node:worker_threads"
import type { MessagePort, WorkerOptions } from "node:worker_threads"
import { describeReason } from "../base/describe-reason.ts"
import { misuse } from "../base/misuse.ts"
import { InvalidStateError, cancellable } from "../core/index.ts"
import type { WaitOptions } from "../core/lowlevel.ts"
import {
  UnclosedWatch,
  currentScope,
  platformClock,
  refusal,
  reportProblem,
  runOutsideTasks,
} from "../core/lowlevel.ts"
import { referenceOf } from "./function-reference.ts"
import { InterpreterLostError } from "./interpreter-lost-error.ts"
import type { InterpreterAnswer, InterpreterMessage, InterpreterWork } from "./interpreter-message.ts"
import type { ExecOptions, InterpreterOptions } from "./interpreter-options.ts"
import { checkInterpreterOptions } from "./interpreter-options.ts"
import { interpreterUrl } from "./interpreter-url.ts"
import { packShared, unpackShared } from "./sent-value.ts"
import { workerFlags } from "./worker-flags.ts"
import { packThrown, unpackThrown } from "./thrown-parcel.ts"

/** State of an interpreter at one moment. */
export interface InterpreterStatistics {
  readonly state: "open" | "closing" | "closed" | "lost"
  /** Calls that go on. */
  readonly running: number
  /** Calls that were made. */
  readonly calls: number
}

/** A call that goes on. */
interface Call {
  /** What it does, for messages: `exec`, `call of "f"`. */
  readonly title: string
  readonly place: Error
  readonly resolve: (value: unknown) => void
  readonly reject: (error: unknown) => void
  /** Resolves when it has been answered. */
  readonly over: Promise<void>
  readonly end: () => void
}

let count = 0

/**
 * A JavaScript of its own: globals that nobody else sees, in a thread of its own.
 *
 * A guest room with a lock on the outside: what happens in it stays in it, and it can be cleared at any time. Source and
 * functions run in it one beside the other, as tasks do, and may use all of tsyncio. Its globals stay from call to
 * call. For jobs without a memory of their own use `toThread`; to talk while it works, an {@link InterpreterQueue}.
 *
 * **Cancellation.** A cancelled call is cancelled inside, and ends when it has ended there. One that does not end within
 * `grace`, such as an endless loop, ends with its whole interpreter; other calls then get an InterpreterLostError.
 * **Pitfall.** It keeps a thread until it is closed: use `await using`. It is no sandbox: the code inside may read files
 * and open sockets like any other.
 *
 * @example Globals of its own
 * ```ts
 * await using guest = await Interpreter.create()
 * await guest.exec("let visits = 0; function visit(name) { visits += 1; return `${name}: ${visits}` }")
 * await guest.call("visit", "Ada")
 * await guest.call("visit", "Alan") // => "Alan: 2"
 * await guest.exec("const { hostname } = await import('node:os'); typeof hostname()") // => "string"
 * ```
 */
export class Interpreter implements AsyncDisposable {
  /** What it is called. */
  readonly name: string
  readonly #worker: Worker
  readonly #port: MessagePort
  readonly #grace: number
  readonly #memoryLimit: number | undefined
  readonly #home = { home: currentScope().home }
  readonly #running = new Map<number, Call>()
  #state: InterpreterStatistics["state"] = "open"
  #calls = 0
  /** What its thread died of, as far as it is known. */
  #failure: unknown = undefined
  /** Why it was ended by this side; null while it was not. */
  #endedFor: string | null = null
  /** Why it is lost, for calls that come later. */
  #lost: InterpreterLostError | null = null
  readonly #exited: Promise<void>
  readonly #count = { open: 1 }
  readonly #unclosed: UnclosedWatch
  #begun: () => void = () => {}

  private constructor(options: InterpreterOptions) {
    const { name, memoryLimit, env, grace = 1000 } = options
    count += 1
    this.name = name ?? `interpreter-${count}`
    this.#grace = grace
    this.#memoryLimit = memoryLimit
    const thread = runOutsideTasks(() => startThread(this.name, memoryLimit, env))
    this.#port = thread.port
    this.#worker = thread.worker
    this.#port.on("message", (answer: InterpreterAnswer) => this.#answered(answer))
    this.#worker.on("error", (error) => (this.#failure = error))
    this.#exited = new Promise((resolve) => {
      this.#worker.on("exit", (code) => {
        this.#ended(code)
        resolve()
      })
    })
    this.#unclosed = new UnclosedWatch(this, `Interpreter "${this.name}"`, this.#count)
  }

  /**
   * Makes an interpreter, and waits until it can take calls.
   *
   * **Cancellation.** Ends its thread.
   *
   * @param options.name - What it is called in errors and stacks. @default "interpreter-1", and so on
   * @param options.memoryLimit - Megabytes of its heap. @default Node's
   * @param options.env - Its environment. @default a copy of the program's
   * @param options.globals - Set on its `globalThis` before anything runs. @default none
   * @param options.grace - Milliseconds that a cancelled call has to end. @default 1000
   * @throws {RangeError} If a number is out of its range.
   * @throws {TypeError} If a setting is of the wrong kind.
   */
  static async create(options: InterpreterOptions = {}): Promise<Interpreter> {
    checkInterpreterOptions(options)
    const refused = refusal(options)
    if (refused !== null) return refused
    const made = new Interpreter(options)
    try {
      await made.#begin(options)
      return made
    } catch (error) {
      made.#end("it was given up while it began")
      made.#unclosed.stop()
      throw error
    }
  }

  async #begin({ signal, timeout, globals }: InterpreterOptions): Promise<void> {
    const ready = new Promise<void>((resolve) => (this.#begun = resolve))
    await cancellable(Promise.race([ready, this.#exited]), { signal, timeout })
    this.#hold()
    if (globals !== undefined) await this.setGlobals(globals, { signal, timeout })
    else this.#expectOpen()
  }

  /**
   * Runs source as a console would: `await` and `import()` at the top level, and what it declares stays.
   *
   * **Cancellation.** Cancels the code inside, and ends when it has ended, or with the interpreter after `grace`.
   * **Pitfall.** It is JavaScript, not TypeScript, and no module: `import()` in place of `import`.
   *
   * @param source - JavaScript.
   * @param options.signal - Cancels it when it aborts, and is then thrown. @default none
   * @param options.timeout - Milliseconds after which it is cancelled, and a TimeoutError thrown. @default no limit
   * @returns The value of the last expression; undefined if that cannot be copied.
   * @throws What the source throws, with the stacks of both sides.
   * @throws {InterpreterLostError} If the interpreter is lost, before or meanwhile.
   * @throws {InvalidStateError} If it was closed.
   */
  async exec(source: string, options: ExecOptions = {}): Promise<unknown> {
    if (typeof source !== "string") throw misuse("source", "JavaScript as a string", source, "string")
    const { name = this.name, ...limits } = options
    return await this.#ask("exec", { kind: "exec", source, name }, limits)
  }

  /**
   * Calls a function inside: one made by `portable` or `inline`, or one that the code inside has defined, by name.
   *
   * **Cancellation.** As {@link exec}; for a limit, put `timeout()` around it.
   *
   * @param fn - The function, or its name inside.
   * @param args - Copied, as structured clones; queues, channels, mutexes and semaphores are shared.
   * @returns What it gives, copied.
   * @throws What it throws, with the stacks of both sides.
   * @throws {InterpreterLostError} If the interpreter is lost, before or meanwhile.
   * @throws {InvalidStateError} If it was closed.
   */
  async call<A extends readonly unknown[], R>(fn: (...args: A) => R, ...args: A): Promise<Awaited<R>>
  async call(name: string, ...args: readonly unknown[]): Promise<unknown>
  async call(fn: string | ((...args: never[]) => unknown), ...args: readonly unknown[]): Promise<unknown> {
    const packed = packShared(args)
    if (typeof fn !== "string") {
      const reference = referenceOf(fn)
      return await this.#ask(`call of "${reference.name}"`, { kind: "call", fn: reference, args: packed })
    }
    if (!/^[\p{ID_Start}$_][\p{ID_Continue}$]*(?:\.[\p{ID_Start}$_][\p{ID_Continue}$]*)*$/u.test(fn)) {
      throw misuse("fn", "a function, or the name of one", fn, "string")
    }
    return await this.#ask(`call of "${fn}"`, { kind: "call by name", name: fn, args: packed })
  }

  /**
   * Sets values on the `globalThis` inside.
   *
   * **Cancellation.** As {@link exec}.
   *
   * @param values - By name. Copied; queues, channels, mutexes and semaphores are shared.
   */
  async setGlobals(values: Readonly<Record<string, unknown>>, options?: WaitOptions): Promise<void> {
    if (typeof values !== "object" || values === null) throw misuse("values", "an object", values, "never")
    await this.#ask("setGlobals", { kind: "set", values: packShared({ ...values }) }, options)
  }

  /**
   * Closes the interpreter: what runs in it is cancelled, and its thread ended, by force after `grace`.
   *
   * Its callers get an InterpreterLostError. A second call waits as well.
   *
   * **Cancellation.** Ends the wait; the interpreter goes on closing.
   *
   * @param options.signal - Ends the wait with `signal.reason` when it aborts. @default none
   * @param options.timeout - Milliseconds after which the wait throws a TimeoutError. @default no limit
   */
  async close(options?: WaitOptions): Promise<void> {
    this.#unclosed.stop()
    this.#count.open = 0
    if (this.#state === "open") {
      this.#state = "closing"
      this.#worker.ref()
      this.#send({ kind: "close" })
      this.#endAfterGrace("it was closed, and a call in it did not end", this.#exited)
    }
    if (this.#state === "closing") await cancellable(this.#exited, options)
    if (this.#state === "lost") this.#state = "closed"
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  statistics(): InterpreterStatistics {
    return { state: this.#state, running: this.#running.size, calls: this.#calls }
  }

  toString(): string {
    return `<Interpreter "${this.name}" ${this.#state} running=${this.#running.size}>`
  }

  async #ask(title: string, work: InterpreterWork, options: WaitOptions = {}): Promise<unknown> {
    const refused = refusal(options)
    if (refused !== null) return refused
    this.#expectOpen()
    this.#calls += 1
    const id = this.#calls
    let end = (): void => {}
    const over = new Promise<void>((resolve) => (end = resolve))
    const answer = new Promise<unknown>((resolve, reject) => {
      const place = new Error("called")
      this.#running.set(id, { title, place, resolve, reject, over, end })
    })
    try {
      this.#send({ kind: "work", id, work })
    } catch (error) {
      this.#running.delete(id)
      throw error
    }
    this.#hold()
    return await cancellable(answer, { ...options, onCancel: (error) => this.#cancel(id, error) })
  }

  #cancel(id: number, reason: unknown): Promise<void> | undefined {
    const call = this.#running.get(id)
    if (call === undefined) return undefined
    this.#send({ kind: "cancel", id, reason: packThrown(reason) })
    this.#endAfterGrace(
      `its ${call.title} did not end within ${this.#grace} ms after it was cancelled`,
      call.over,
    )
    return call.over
  }

  /** Ends the thread unless `over` comes first. */
  #endAfterGrace(why: string, over: Promise<void>): void {
    const timer = platformClock.startTimer(this.#grace, () => this.#end(why))
    void over.then(() => timer.clear())
  }

  #end(why: string): void {
    this.#endedFor ??= why
    void this.#worker.terminate()
  }

  #send(message: InterpreterMessage): void {
    this.#port.postMessage(message)
  }

  #expectOpen(): void {
    if (this.#state === "open") return
    if (this.#lost !== null && this.#state === "lost") {
      const { interpreter, exitCode } = this.#lost
      const message = `Cannot run in interpreter "${interpreter}": it is lost, since ${this.#why(exitCode)}`
      throw new InterpreterLostError(message, { interpreter, exitCode }, { cause: this.#lost.cause })
    }
    throw new InvalidStateError(`Cannot run in interpreter "${this.name}": it was closed`)
  }

  /** Holds the process while a call goes on. */
  #hold(): void {
    if (this.#running.size > 0 || this.#state === "closing") {
      this.#worker.ref()
      this.#port.ref()
    } else {
      this.#worker.unref()
      this.#port.unref()
    }
  }

  #answered(answer: InterpreterAnswer): void {
    if (answer.kind === "ready") this.#begun()
    else if (answer.kind === "problem") this.#tell(answer.message, unpackThrown(answer.parcel, this.#where()))
    else {
      const call = this.#running.get(answer.id)
      if (call === undefined) return
      this.#running.delete(answer.id)
      if (answer.kind === "value") call.resolve(unpackShared(answer.value))
      else if (this.#state === "closing") call.reject(this.#lostError(call.title, 0))
      else call.reject(unpackThrown(answer.parcel, this.#where(), placeOfCall(call.place)))
      call.end()
      this.#hold()
    }
  }

  #where(): string {
    return `in interpreter "${this.name}"`
  }

  #tell(message: string, error: unknown): void {
    reportProblem(this.#home, { message: `${message}, ${this.#where()}`, error })
  }

  /** Its thread has ended. */
  #ended(exitCode: number): void {
    for (
      let left = receiveMessageOnPort(this.#port);
      left !== undefined;
      left = receiveMessageOnPort(this.#port)
    )
      this.#answered((left as { readonly message: InterpreterAnswer }).message)
    this.#port.close()
    const isClosing = this.#state === "closing"
    this.#lost = this.#lostError("call", exitCode)
    this.#state = isClosing ? "closed" : "lost"
    this.#count.open = 0
    this.#unclosed.stop()
    for (const [id, call] of this.#running) {
      this.#running.delete(id)
      call.reject(this.#lostError(call.title, exitCode))
      call.end()
    }
  }

  #lostError(title: string, exitCode: number): InterpreterLostError {
    const message = `Cannot finish ${title} in interpreter "${this.name}": ${this.#why(exitCode)}`
    const cause = this.#failure === undefined ? undefined : { cause: this.#failure }
    return new InterpreterLostError(message, { interpreter: this.name, exitCode }, cause)
  }

  #why(exitCode: number): string {
    if ((this.#failure as { code?: unknown } | undefined)?.code === "ERR_WORKER_OUT_OF_MEMORY") {
      const limit = this.#memoryLimit === undefined ? "" : ` (its limit is ${this.#memoryLimit} MB)`
      return `it ran out of memory${limit}`
    }
    if (this.#endedFor !== null) return this.#endedFor
    if (this.#state === "closing") return "it was closed"
    if (this.#failure !== undefined) return `it broke down: ${describeReason(this.#failure)}`
    return `it left by \`process.exit(${exitCode})\``
  }
}

function startThread(
  name: string,
  memoryLimit: number | undefined,
  env: NodeJS.ProcessEnv | undefined,
): { worker: Worker; port: MessagePort } {
  const { port1, port2 } = new MessageChannel()
  const data = { workerData: { tsyncio: port2 }, transferList: [port2] }
  const settings: WorkerOptions = { ...workerFlags, ...data, name }
  if (memoryLimit !== undefined) settings.resourceLimits = { maxOldGenerationSizeMb: memoryLimit }
  if (env !== undefined) settings.env = env
  return { worker: new Worker(interpreterUrl, settings), port: port1 }
}

/** The stack of a caller, without its first line and our own frames. */
function placeOfCall(place: Error): string | null {
  const lines = (place.stack ?? "").split("\n").slice(1)
  const theirs = lines.filter((line) => !/[\\/]executor[\\/]interpreter\.[jt]s/.test(line))
  return theirs.length === 0 ? null : theirs.join("\n")
}
