// The right to be inside, given back once.
//
// Every primitive that lets a bounded number in gives one of these, so that `using` gives it back
// on every way out and a second `release()` by the same holder lets nobody in by mistake.

/** A permit that was acquired; goes back when it is disposed. */
export class Permit implements Disposable {
  /** Gives the permit back; null once it was. */
  #giveBack: (() => void) | null

  constructor(giveBack: () => void) {
    this.#giveBack = giveBack
  }

  /** Gives it back; later calls do nothing. */
  release(): void {
    const giveBack = this.#giveBack
    this.#giveBack = null
    giveBack?.()
  }

  [Symbol.dispose](): void {
    this.release()
  }
}
