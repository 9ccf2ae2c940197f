// Settings of an interpreter, and how they are checked.
//
// What is not given is Node's: the heap, the environment. Whatever cannot be right is refused here, before a thread is
// started for it.
import { misuse } from "../base/misuse.ts"
import type { WaitOptions } from "../core/lowlevel.ts"

/** Settings of an {@link Interpreter}. */
export interface InterpreterOptions extends WaitOptions {
  /** What it is called in errors and stacks. @default "interpreter-1", and so on */
  readonly name?: string | undefined
  /** Megabytes of its heap; one that needs more is lost, and nothing else. Buffers do not count. @default Node's */
  readonly memoryLimit?: number | undefined
  /** Its environment, `process.env` inside. @default a copy of the program's */
  readonly env?: NodeJS.ProcessEnv | undefined
  /** Set on its `globalThis` before anything runs, as by `setGlobals`. @default none */
  readonly globals?: Readonly<Record<string, unknown>> | undefined
  /** Milliseconds that a cancelled call has to end before the whole interpreter is ended. @default 1000 */
  readonly grace?: number | undefined
}

/** Settings of {@link Interpreter.exec}. */
export interface ExecOptions extends WaitOptions {
  /** What the source is called in stacks. @default the interpreter's name */
  readonly name?: string | undefined
}

/**
 * Refuses settings that are none.
 *
 * @throws {RangeError} If a number is out of its range.
 * @throws {TypeError} If a setting is of the wrong kind.
 */
export function checkInterpreterOptions(options: InterpreterOptions): void {
  if (typeof options !== "object" || options === null) throw misuse("options", "an object", options, "never")
  const { name, memoryLimit, env, grace } = options
  if (name !== undefined && typeof name !== "string") throw misuse("name", "a string", name, "string")
  if (memoryLimit !== undefined && !(Number.isFinite(memoryLimit) && memoryLimit >= 1))
    throw misuse("memoryLimit", "megabytes from 1 up", memoryLimit)
  if (env !== undefined && (typeof env !== "object" || env === null))
    throw misuse("env", "an object", env, "never")
  if (grace !== undefined && !(typeof grace === "number" && grace >= 0))
    throw misuse("grace", "milliseconds from 0 up", grace)
}
