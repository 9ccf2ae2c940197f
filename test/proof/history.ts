// What was called when and what came of it, and whether a plain sequential model could have done the same.
//
// An operation takes effect at some moment between its call and its return. A history is right if there is an
// order of these moments in which the model gives the same answers (Wing and Gong's search). An operation that was
// cancelled must have had no effect: it is left out, but for a thing that was handed over and handed back, which the
// model may take out for a while: `held`, then `back`.
import { isCancelled } from "../../src/index.ts"

/** A finished operation. */
export interface Operation {
  readonly name: string
  readonly argument: number | undefined
  readonly value: unknown
  readonly called: number
  readonly returned: number
}

/** A model: the states that an operation may lead to; none if it cannot be done now or gives something else. */
export interface Model<S> {
  readonly start: S
  readonly apply: (state: S, operation: Operation) => readonly S[]
}

/** Writes operations down. */
export class History {
  readonly operations: Operation[] = []
  #time = 0

  /** Calls `fn` and notes what it gave; an error other than a cancel is noted by its name. */
  async note<T>(name: string, fn: () => T | PromiseLike<T>, argument?: number): Promise<T> {
    const called = this.#tick()
    try {
      const value = await fn()
      this.operations.push({ name, argument, value, called, returned: this.#tick() })
      return value
    } catch (error) {
      const returned = this.#tick()
      const value = (error as Error).name
      if (!isCancelled(error)) this.operations.push({ name, argument, value, called, returned })
      else if (name === "get")
        for (const part of ["held", "back"])
          this.operations.push({ name: part, argument, value, called, returned })
      throw error
    }
  }

  #tick(): number {
    this.#time += 1
    return this.#time
  }

  /** Throws unless the model can do what was done. */
  expect<S>(model: Model<S>): void {
    if (isPossible(model, model.start, this.operations)) return
    const lines = this.operations.map(
      ({ name, argument, value, called, returned }) =>
        `${name}(${argument ?? ""}) -> ${String(value)} from ${called} to ${returned}`,
    )
    throw new Error(`No order of these operations is possible:\n${lines.join("\n")}`)
  }
}

function isPossible<S>(model: Model<S>, state: S, left: readonly Operation[]): boolean {
  if (left.length === 0) return true
  const firstReturn = Math.min(...left.map(({ returned }) => returned))
  return left.some((operation, at) => {
    if (operation.called > firstReturn) return false
    const rest = left.toSpliced(at, 1)
    return model.apply(state, operation).some((next) => isPossible(model, next, rest))
  })
}
