// Careful looks into JSON that somebody else wrote.
//
// Servers disagree about what they leave out, and some put null or another kind where the
// documents promise a text. What must stay true: nothing here throws, and a name that every object
// has from birth is never mistaken for a field.

/** A JSON object. */
export type Fields = Readonly<Record<string, unknown>>

export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}

/** A field of a value that may be no object at all. */
export function fieldOf(value: unknown, name: string): unknown {
  return isFields(value) && Object.hasOwn(value, name) ? value[name] : undefined
}

/** A field that is a text; "" otherwise. */
export function textField(value: unknown, name: string): string {
  const field = fieldOf(value, name)
  return typeof field === "string" ? field : ""
}

/** The objects in a field that is a list; none otherwise. */
export function listField(value: unknown, name: string): readonly Fields[] {
  const field = fieldOf(value, name)
  return Array.isArray(field) ? (field as unknown[]).filter(isFields) : []
}

/** A field that is a number from 0 up; `otherwise` if it is none. */
export function countField<T>(value: unknown, name: string, otherwise: T): number | T {
  const field = fieldOf(value, name)
  return typeof field === "number" && field >= 0 && Number.isFinite(field) ? field : otherwise
}

/** What a text says as JSON; undefined if it is none. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\ufeff/, ""))
  } catch {
    return undefined
  }
}
