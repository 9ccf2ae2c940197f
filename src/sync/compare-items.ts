// The order of items that have one of their own.
//
// Numbers and bigints compare with each other, strings with strings, by code units as `<` does it.
// Whatever else could be compared by `<` (dates by accident, objects as "[object Object]") is refused:
// a wrong order would not be noticed.

/** Below 0 if `a` comes first, above 0 if `b` does, 0 if neither. */
export function compareItems(a: unknown, b: unknown): number {
  const kind = kindOf(a)
  if (kind !== kindOf(b))
    throw new TypeError(`Expected items that can be compared, got a ${typeof a} and a ${typeof b}`)
  const [left, right] = [a as number, b as number]
  if (left < right) return -1
  return left > right ? 1 : 0
}

function kindOf(item: unknown): "number" | "string" {
  if (typeof item === "string") return "string"
  if (typeof item === "bigint" || (typeof item === "number" && !Number.isNaN(item))) return "number"
  throw new TypeError(
    `Expected items that can be compared (numbers, strings or bigints), got \`${textOf(item)}\` (${typeof item}): pass \`compare\``,
  )
}

function textOf(item: unknown): string {
  return typeof item === "object" && item !== null ? Object.prototype.toString.call(item) : String(item)
}
