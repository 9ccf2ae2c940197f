// How a parity program prints: words with a space between, as Python's `print` writes them.
//
// Only what the programs print is known: text, numbers, booleans, nothing, lists, and errors (their message).

/** Writes one line of a trace. */
export type Print = (...words: readonly unknown[]) => void

/** A printer, and the lines it has written. */
export function tracePrinter(): { readonly print: Print; readonly lines: string[] } {
  const lines: string[] = []
  return { lines, print: (...words) => void lines.push(words.map(printed).join(" ")) }
}

function printed(value: unknown): string {
  return typeof value === "string" ? value : represented(value)
}

function represented(value: unknown): string {
  if (value === null || value === undefined) return "None"
  if (typeof value === "boolean") return value ? "True" : "False"
  if (typeof value === "number") return String(value)
  if (typeof value === "string") return `'${value}'`
  if (Array.isArray(value)) return `[${value.map(represented).join(", ")}]`
  if (value instanceof Error) return value.message
  throw new TypeError(`Cannot print a value of type ${typeof value} as Python does`)
}
