// A key that does not show.
//
// Settings are handed to listeners, printed by debuggers and put into errors; a key among them would be in a
// log before anybody notices. It stands in a private field, so nothing that walks over an object meets it, and
// whatever makes a text of it gets stars.

/** Shorter ones would blank out ordinary words. */
const shortest = 6

/** Holds a text that must not be printed. */
export class Secret {
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  /** The text itself, for the one place that sends it. */
  reveal(): string {
    return this.#text
  }

  /** Stars in place of the text, for what a server repeats of it. */
  hideIn(text: string): string {
    return this.#text.length >= shortest && text.includes(this.#text)
      ? text.replaceAll(this.#text, "***")
      : text
  }

  toString(): string {
    return "***"
  }

  toJSON(): string {
    return "***"
  }
}
