// The fair line that threads stand in: tickets and bells in shared memory.
//
//   a seat holds | meaning                                       | leaves by
//   0            | nobody sits here                              | a thread sits down: its ticket
//   a ticket     | a thread waits; the oldest ticket goes first  | leave(), or it is passed over -> 0
//
// The line gives advice and no right: what is waited for is taken by an atomic step of its owner (a permit by one
// compareExchange), so whatever happens here, nobody holds what another one holds. Who finds older tickets in front
// of him does not take what is free, unless there is enough for them too. Each seat has a bell to sleep on. The rule
// against lost wake-ups: a waiter reads its bell, then looks, then sleeps if the bell still reads the same; whoever
// makes something free changes it first, then looks for seats, then changes the bell and wakes all who sleep on it.
// A thread that was called and does not come (it is busy, or it has ended) holds the others up for two looks; then it
// is passed over: its seat is emptied and its bell rung, so that one that lives sits down again, with its old ticket.

/** Most threads in one line; those beyond it look again and again. */
const seats = 64
/** Milliseconds between two looks at a thread that was called and does not come. */
const patience = 5
/** Looks at which it has not come, after which it is passed over: one may be late because the machine is. */
const mostLooks = 2
/** Milliseconds after which a sleeper looks by itself: for threads that were ended just when they were called. */
const longestSleep = 1000
/** Times that a bell is looked at before the thread is put to sleep: a wake-up costs far more. */
const spins = 200

const next = 0
const high = 1
const firstSeat = 2
const seatWords = 3

/** Words that a line takes. */
export const lineWords: number = firstSeat + seats * seatWords

/**
 * Whether the one with so many in front may go, if it needs that much.
 *
 * Reads shared memory and nothing else. True for one must not turn false by another one's coming.
 */
export type MayGo = (before: number, need: number) => boolean

/** A line of threads. */
export class SharedLine {
  readonly words: Int32Array
  readonly base: number
  readonly #mayGo: MayGo

  constructor(words: Int32Array, base: number, mayGo: MayGo) {
    this.words = words
    this.base = base
    this.#mayGo = mayGo
  }

  /** Sets up the words of a new line. */
  clear(): void {
    Atomics.store(this.words, this.base + next, 1)
  }

  /** Whether a newcomer may go, past nobody. */
  isOpen(need: number): boolean {
    return this.#mayGo(this.countBefore(Atomics.load(this.words, this.base + next)), need)
  }

  /** Threads in line. */
  size(): number {
    return this.countBefore(Atomics.load(this.words, this.base + next))
  }

  /** Whether `ticket` may go. */
  isTurnOf(ticket: number, need: number): boolean {
    return this.#mayGo(this.countBefore(ticket), need)
  }

  /** Threads in line with an older ticket. */
  countBefore(ticket: number): number {
    const { words } = this
    const end = this.seatAt(Atomics.load(words, this.base + high))
    let count = 0
    for (let at = this.seatAt(0); at < end; at += seatWords) {
      const other = Atomics.load(words, at)
      if (other !== 0 && ((other - ticket) | 0) < 0) count += 1
    }
    return count
  }

  /** Index of the seat with the oldest ticket, or the oldest after `ticket`; -1 if there is none. */
  oldestSeat(ticket: number): number {
    const { words } = this
    const end = this.seatAt(Atomics.load(words, this.base + high))
    let found = -1
    let oldest = 0
    for (let at = this.seatAt(0); at < end; at += seatWords) {
      const other = Atomics.load(words, at)
      if (other === 0 || (ticket !== 0 && ((other - ticket) | 0) <= 0)) continue
      if (found !== -1 && ((other - oldest) | 0) >= 0) continue
      found = at
      oldest = other
    }
    return found
  }

  /**
   * Calls those who may go, oldest first; to be called whenever something has become free.
   *
   * Where nobody sleeps on a bell its owner is awake, or has ended: the next one is called as well, to see to it.
   *
   * @param own - Index of the seat of the caller, who looks for himself; -1 for none.
   */
  ring(own: number): void {
    const { words } = this
    let missed = 0
    let last = 0
    for (let rank = 0; ; rank += 1) {
      const at = this.oldestSeat(last)
      if (at === -1) return
      last = Atomics.load(words, at)
      if (last === 0) return this.ring(own)
      if (!this.#mayGo(rank, Atomics.load(words, at + 2))) {
        if (missed === 0) return
        missed -= 1
      }
      if (at !== own && this.ringAt(at) === 0) missed += 1
    }
  }

  /** Wakes who sleeps on the bell of a seat; gives how many. */
  ringAt(at: number): number {
    Atomics.add(this.words, at + 1, 1)
    return Atomics.notify(this.words, at + 1)
  }

  /** Takes a ticket. */
  ticket(): number {
    let ticket = 0
    while (ticket === 0) ticket = Atomics.add(this.words, this.base + next, 1)
    return ticket
  }

  /** Sits down with a ticket; gives the index of the seat, or -1 if all are taken. */
  sit(ticket: number, need: number): number {
    const { words } = this
    for (let seat = 0; seat < seats; seat += 1) {
      const at = this.seatAt(seat)
      this.raise(seat + 1)
      if (Atomics.compareExchange(words, at, 0, ticket) !== 0) continue
      Atomics.store(words, at + 2, need)
      return at
    }
    return -1
  }

  /** Lets everybody look at the first `count` seats. */
  raise(count: number): void {
    const at = this.base + high
    let before = Atomics.load(this.words, at)
    while (before < count) before = Atomics.compareExchange(this.words, at, before, count)
  }

  /** Whether the oldest is called, so that others wait for it to come. */
  isCalled(at: number): boolean {
    return this.#mayGo(0, Atomics.load(this.words, at + 2))
  }

  seatAt(seat: number): number {
    return this.base + firstSeat + seat * seatWords
  }
}

/** The place of one thread in a line, while it waits. */
export class LinePlace {
  readonly #line: SharedLine
  readonly #words: Int32Array
  /** Taken at the first look; kept for as long as the place is. */
  #ticket = 0
  /** Index of its seat; -1 before it sits, when it was passed over, or when all seats were taken. */
  #at = -1
  #need: number
  /** The ticket that holds it up, and since when. */
  #suspect = 0
  #since = 0
  #looks = 0

  constructor(line: SharedLine, need: number) {
    this.#line = line
    this.#words = line.words
    this.#need = need
  }

  /** Index of its seat, or -1. */
  get at(): number {
    return this.#at
  }

  /** Changes what it needs: another task of the thread is the first now. */
  setNeed(need: number): void {
    if (need === this.#need) return
    this.#need = need
    if (this.#at !== -1) Atomics.store(this.#words, this.#at + 2, need)
  }

  /** Sees to it that it sits, and reads its bell; to be called before {@link isTurn}, and slept on after it. */
  listen(): number {
    if (this.#ticket === 0) this.#ticket = this.#line.ticket()
    for (;;) {
      if (this.#at === -1) this.#at = this.#line.sit(this.#ticket, this.#need)
      if (this.#at === -1) return 0
      const bell = Atomics.load(this.#words, this.#at + 1)
      if (Atomics.load(this.#words, this.#at) === this.#ticket) return bell
      this.#at = -1
    }
  }

  isTurn(): boolean {
    return this.#line.isTurnOf(this.#ticket, this.#need)
  }

  /**
   * Milliseconds to sleep at most. Passes over the oldest, if it was called and has not come.
   *
   * @returns 0 if it is to be looked at once.
   */
  pause(now: number): number {
    const oldest = this.#line.oldestSeat(0)
    const isHeldUp = oldest !== -1 && oldest !== this.#at && this.#line.isCalled(oldest)
    const ticket = isHeldUp ? Atomics.load(this.#words, oldest) : 0
    if (ticket === 0) {
      this.#suspect = 0
      return this.#at === -1 ? patience : longestSleep
    }
    if (ticket !== this.#suspect) {
      this.#suspect = ticket
      this.#since = now
      this.#looks = 0
      return patience
    }
    if (now - this.#since < patience) return patience
    this.#since = now
    this.#looks += 1
    if (this.#looks < mostLooks) return patience
    this.#suspect = 0
    if (Atomics.compareExchange(this.#words, oldest, ticket, 0) === ticket) this.#line.ringAt(oldest)
    return 0
  }

  /** Sleeps until the bell is rung, or for so many milliseconds. */
  sleep(bell: number, ms: number): void {
    const at = this.#at === -1 ? this.#line.base + high : this.#at + 1
    const value = this.#at === -1 ? seats : bell
    for (let spin = 0; spin < spins; spin += 1) if (Atomics.load(this.#words, at) !== value) return
    Atomics.wait(this.#words, at, value, ms)
  }

  /** A promise of the bell; null if it was rung already. */
  rung(bell: number): Promise<unknown> | null {
    const waiting = Atomics.waitAsync(this.#words, this.#at + 1, bell)
    return waiting.async ? waiting.value : null
  }

  /** Leaves the line, and calls those who may go now. */
  leave(): void {
    const at = this.#at
    this.#at = -1
    if (at !== -1) Atomics.compareExchange(this.#words, at, this.#ticket, 0)
    this.#ticket = 0
    this.#line.ring(-1)
  }
}
