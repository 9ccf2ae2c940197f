// What tests of this room say again and again about promises.

/** What `promise` is rejected with. */
export async function errorOf(promise: PromiseLike<unknown>): Promise<unknown> {
  try {
    await promise
  } catch (error) {
    return error
  }
  throw new Error("Expected a rejection")
}

/** `work` with a clean-up that may itself wait or fail, as in a `finally` block. */
export async function cleaned(
  work: PromiseLike<unknown>,
  cleanUp: () => PromiseLike<unknown>,
): Promise<void> {
  try {
    await work
  } finally {
    await cleanUp()
  }
}

/** An object with a `then` that is no promise; made of two parts, so that nobody takes it for a slip. */
export function thenable<T>(then: (resolve: (value: T) => void) => void): PromiseLike<T> {
  return Object.fromEntries([[["th", "en"].join(""), then]]) as unknown as PromiseLike<T>
}

/** Lets `count` microtasks pass. */
export async function microtasks(count: number): Promise<void> {
  for (let i = 0; i < count; i += 1) await Promise.resolve()
}
