// Runs source as a console does: `await` at the top level, and what it declares stays.
//
// V8's own console mode does it, by a session of the inspector with the thread it is in: `let` and `const` may be
// declared again, the value of the last expression is the result. An `import()` in such source has no module to start
// from, so the word is replaced by a function that imports as a script in the current folder would; names of our own
// package are found wherever this copy of it lies. What the code gives or throws is taken out of the session as it is.
import type { Runtime } from "node:inspector"
import { Session } from "node:inspector"
import type { Token } from "acorn"
import { parse } from "acorn"
import { evaluateHere } from "./evaluate-here.ts"

const key: unique symbol = Symbol.for("tsyncio.interpreter") as never

/** What the session reaches of this side. */
interface Hand {
  /** What was handed over last. */
  taken: unknown
  import(specifier: unknown, options?: unknown): Promise<unknown>
}

const group = "tsyncio"

/** Runs source in this thread. */
export class SourceEvaluator {
  readonly #session = new Session()
  readonly #hand: Hand
  /** The hand, as the session names it. */
  #handId = ""

  constructor() {
    const load = evaluateHere(
      "(specifier, options) => import(specifier, options)",
      "interpreter",
    ) as Hand["import"]
    this.#hand = {
      taken: undefined,
      import: (specifier, options) =>
        typeof specifier === "string" && /^tsyncio(?:\/|$)/.test(specifier)
          ? import(specifier)
          : load(specifier, options),
    }
    Object.defineProperty(globalThis, key, { value: this.#hand })
    this.#session.connect()
  }

  /**
   * Runs source.
   *
   * @param name - What the source is called in stacks.
   * @returns The value of its last expression.
   * @throws What the source throws.
   */
  async run(source: string, name: string): Promise<unknown> {
    const expression = `${withImports(source)}\n//# sourceURL=${name.replaceAll(/\s/g, "-")}`
    const found = await this.#post<Runtime.EvaluateReturnType>("Runtime.evaluate", {
      expression,
      objectGroup: group,
      replMode: true,
      awaitPromise: true,
      silent: true,
    })
    if (found.exceptionDetails === undefined) return await this.#take(found.result)
    const thrown = found.exceptionDetails.exception
    throw withAdvice(thrown === undefined ? new Error(found.exceptionDetails.text) : await this.#take(thrown))
  }

  /** The value that the session holds. */
  async #take({ objectId, value, unserializableValue, type }: Runtime.RemoteObject): Promise<unknown> {
    if (type === "undefined") return undefined
    if (objectId === undefined && unserializableValue === undefined) return value as unknown
    if (this.#handId === "") {
      const hand = await this.#post<Runtime.EvaluateReturnType>("Runtime.evaluate", {
        expression: `globalThis[Symbol.for("tsyncio.interpreter")]`,
      })
      this.#handId = hand.result.objectId ?? ""
    }
    const handed = objectId === undefined ? { unserializableValue } : { objectId }
    const taking = this.#post("Runtime.callFunctionOn", {
      functionDeclaration: "function (value) { this.taken = value }",
      objectId: this.#handId,
      arguments: [handed],
      silent: true,
    })
    // It was taken within the call: others may come before the answer is read.
    const { taken } = this.#hand
    this.#hand.taken = undefined
    await taking
    if (objectId !== undefined) await this.#post("Runtime.releaseObject", { objectId })
    return taken
  }

  #post<R = unknown>(method: string, parameters: object): Promise<R> {
    return new Promise((resolve, reject) => {
      this.#session.post(method, parameters, (error: { message?: string } | null, found?: object) => {
        if (error === null) resolve(found as R)
        else reject(new Error(`Cannot run source: ${error.message ?? "the inspector failed"}`))
      })
    })
  }
}

/** The source, with `import(…)` by way of the hand. */
function withImports(source: string): string {
  if (!/\bimport\b/.test(source)) return source
  const tokens: Token[] = []
  try {
    parse(source, {
      ecmaVersion: "latest",
      allowAwaitOutsideFunction: true,
      allowReturnOutsideFunction: true,
      onToken: tokens,
    })
  } catch {
    // What it cannot read V8 will refuse in its own words.
  }
  let text = ""
  let done = 0
  for (const [at, token] of tokens.entries()) {
    if (token.type.keyword !== "import" || tokens[at + 1]?.type.label !== "(") continue
    text += `${source.slice(done, token.start)}globalThis[Symbol.for("tsyncio.interpreter")].import`
    done = token.end
  }
  return text + source.slice(done)
}

function withAdvice(thrown: unknown): unknown {
  if (!(thrown instanceof SyntaxError) || !thrown.message.startsWith("Cannot use import statement"))
    return thrown
  return new SyntaxError("Cannot use an import statement in source: write `const { x } = await import(…)`", {
    cause: thrown,
  })
}
