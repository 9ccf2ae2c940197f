/** A bug that is planted to see whether the tests notice. */
export interface Mutant {
  /** What is broken, as a sentence. */
  readonly name: string
  /** The file it is planted in, such as `src/sync/lock.ts`. */
  readonly file: string
  /** Text that stands in the file exactly once. */
  readonly find: string
  /** What stands there instead. */
  readonly replace: string
  /** The test files that have to catch it. */
  readonly tests: readonly string[]
}

/** All of them, in the order of the floors. */
export const mutants: readonly Mutant[]

/**
 * What is wrong with the list itself: a text that is not there, or there twice, a file that does not exist.
 *
 * @param folder - Where `src` and `test` are.
 */
export function faultsOf(mutants: readonly Mutant[], folder: string): string[]
