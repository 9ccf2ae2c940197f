// What the benchmark uses of Effect, as types.
//
// The package is fetched into .cache/peers and is no dependency, so its own types are not there when
// the benchmark is compiled. An effect is described and run later: `yield*` inside `gen` is `await`.

export interface Effect<A> {
  [Symbol.iterator](): Iterator<Effect<unknown>, A, unknown>
}

export interface Fiber<A> {
  readonly result: A
}

interface Semaphore {
  withPermit<A>(self: Effect<A>): Effect<A>
}

interface Latch {
  readonly open: Effect<boolean>
  readonly await: Effect<void>
}

interface Queue<A> {
  readonly items: A
}

interface Service<A> extends Effect<A> {
  readonly key: string
}

export interface EffectModule {
  readonly Effect: {
    gen<A>(body: () => Iterator<Effect<unknown>, A, unknown>): Effect<A>
    sync<A>(work: () => A): Effect<A>
    forkChild<A>(self: Effect<A>): Effect<Fiber<A>>
    forEach<T, A>(
      items: Iterable<T>,
      body: (item: T, index: number) => Effect<A>,
      options?: { concurrency: number | "unbounded"; discard?: boolean },
    ): Effect<A[]>
    all<A>(effects: Iterable<Effect<A>>, options: { concurrency: number | "unbounded" }): Effect<A[]>
    sleep(ms: number): Effect<void>
    timeout<A>(self: Effect<A>, ms: number): Effect<A>
    timeoutOption<A>(self: Effect<A>, ms: number): Effect<{ readonly _tag: "None" | "Some" }>
    provideService<A, S>(self: Effect<A>, service: Service<S>, value: S): Effect<A>
    runPromise<A>(self: Effect<A>): Promise<A>
    readonly yieldNow: Effect<void>
  }
  readonly Fiber: {
    join<A>(fiber: Fiber<A>): Effect<A>
    interruptAll(fibers: Iterable<Fiber<unknown>>): Effect<void>
  }
  readonly Semaphore: { makeUnsafe(permits: number): Semaphore }
  readonly Latch: { makeUnsafe(isOpen?: boolean): Latch }
  readonly Queue: {
    bounded<A>(capacity: number): Effect<Queue<A>>
    unbounded<A>(): Effect<Queue<A>>
    offer<A>(queue: Queue<A>, item: A): Effect<boolean>
    take<A>(queue: Queue<A>): Effect<A>
  }
  readonly Context: { Service<A>(key: string): Service<A> }
}
