// Which price a model has: the rows of the user first, then the list that comes with the program.
//
// A name is looked up as it stands, and then without the date of its snapshot. Nothing else is taken off a name:
// `gpt-4o-mini` is not a kind of `gpt-4o`, and a model that costs ten times as much may differ in three letters.

import type { ModelPrice } from "./model-price.ts"
import { priceList } from "./price-list.ts"

/** A date at the end of a name: -2024-08-06, -20250514, @20250514. */
const snapshotDate =
  /[-@]20\d\d(?:-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])|(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01]))$/

/** Price tables, the first of them that knows a model decides. */
export class Prices {
  readonly #tables: readonly ReadonlyMap<string, ModelPrice>[]
  readonly #host: string
  /** What was found for the names that were asked for. */
  readonly #known: Map<string, ModelPrice | null> = new Map()

  /**
   * @param own - Rows that come before the list of the program.
   * @param host - Where requests go: some prices hold on one host only.
   */
  constructor(own: readonly ModelPrice[], host: string, list: readonly ModelPrice[] = priceList) {
    this.#host = host
    this.#tables = [own, list].map((rows) => new Map(rows.map((row) => [row.model, row])))
  }

  /** @returns The row, or null for a model that nobody knows. */
  of(model: string): ModelPrice | null {
    let price = this.#known.get(model)
    if (price === undefined) this.#known.set(model, (price = this.#find(model)))
    return price
  }

  #find(model: string): ModelPrice | null {
    for (const table of this.#tables) {
      for (const name of [model, model.replace(snapshotDate, "")]) {
        const row = table.get(name)
        if (row !== undefined && (row.host === undefined || row.host === this.#host)) return row
      }
    }
    return null
  }
}
