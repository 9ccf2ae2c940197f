// What a run has cost so far, as it is told.
//
// Only shapes: the sums are made in `ledger.ts`. Every amount is in US dollars. What must stay true: an amount that
// nobody knows is null; 0 means that it cost nothing.

/** What the answers of one model took and cost. */
export interface ModelCost {
  /** As the requests name it. */
  readonly model: string
  /** Answers that are counted here: repetitions too, if they were billed. */
  readonly answers: number
  /** Those of them whose tokens are estimated, because the server did not count them. */
  readonly estimated: number
  readonly tokens: {
    readonly input: number
    /** Part of `input`. */
    readonly cachedInput: number
    readonly output: number
    /** Part of `output`. */
    readonly reasoning: number
  }
  /** Null if the price of the model is not known. */
  readonly cost: number | null
  /** When the price was as it is taken, as in 2026-11-20; null if nobody said. */
  readonly asOf: string | null
}

/** The money of a run. */
export interface BatchCost {
  /** Of all answers; null if the price of any of them is not known. */
  readonly total: number | null
  /** Of the answers whose price is known. */
  readonly known: number
  /** Answers whose price is not known. */
  readonly unknownAnswers: number
  /** Set aside for what is on its way, at most; 0 without a budget. */
  readonly reserved: number
  /** What attempts without an answer may have cost at most; in no other amount. Null if a price is not known. */
  readonly maybeBilled: number | null
  /** Of the whole input, if its rest costs what the lines so far did; null if nobody can tell. */
  readonly projected: number | null
  /** Lines on which `projected` rests. */
  readonly projectedFrom: number
  /** Answers to requests that set no limit for them, so that a budget had to assume one. */
  readonly unlimited: number
  /** By model, the dearest first. */
  readonly models: readonly ModelCost[]
}
