// What the benchmark uses of Effection, as types.
//
// The package is fetched into .cache/peers and is no dependency, so its own types are not there when
// the benchmark is compiled. An operation is a generator: `yield*` is its `await`.

export interface Operation<T> {
  [Symbol.iterator](): Iterator<unknown, T, unknown>
}

/** An operation that gives 1 at once. */
export const giveOne = (): Operation<number> => ({
  [Symbol.iterator]: () => ({ next: () => ({ done: true, value: 1 }) }),
})

interface OperationTask<T> extends Operation<T>, Promise<T> {
  halt(): Operation<void>
}

interface OperationContext<T> {
  with<R>(value: T, operation: () => Operation<R>): Operation<R>
  expect(): Operation<T>
}

export interface EffectionModule {
  run<T>(operation: () => Operation<T>): OperationTask<T>
  spawn<T>(operation: () => Operation<T>): Operation<OperationTask<T>>
  scoped<T>(operation: () => Operation<T>): Operation<T>
  sleep(ms: number): Operation<void>
  createQueue<T, End>(): { add(item: T): void; next(): Operation<IteratorResult<T, End>> }
  createContext<T>(name: string): OperationContext<T>
  withResolvers<T>(): { readonly operation: Operation<T>; resolve(value: T): void }
}
