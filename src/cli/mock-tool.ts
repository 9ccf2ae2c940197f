// Which tool the mock calls, and with what.
//
// A model decides for itself; the mock calls a tool when the request leaves it no choice (`tool_choice`
// required, any, or a name) and none otherwise, so a test knows beforehand. Arguments are made from the
// schema, one value for each property. What must stay true: they are JSON, also when they are streamed
// in pieces and put together again.

/** A tool that is going to be called. */
export interface MockTool {
  readonly name: string
  /** Names and types of its arguments. */
  readonly properties: readonly (readonly [name: string, type: string])[]
}

/** The tool that a request wants called; null if it leaves the choice. */
export function wantedTool(tools: unknown, choice: unknown): MockTool | null {
  const wanted = nameIn(choice)
  const must = wanted !== null || choice === "required" || fieldOf(choice, "type") === "any"
  if (!must || !Array.isArray(tools)) return null
  const found = (tools as unknown[]).find((tool) => wanted === null || nameIn(tool) === wanted)
  const name = nameIn(found)
  if (name === null) return null
  const schema = fieldOf(found, "input_schema") ?? fieldOf(fieldOf(found, "function"), "parameters")
  const properties = Object.entries(fieldOf(schema, "properties") ?? {})
  return { name, properties: properties.map(([key, value]) => [key, String(fieldOf(value, "type"))]) }
}

/** The arguments as text, in pieces as a stream brings them. */
export function argumentPieces({ properties }: MockTool, word: () => string): string[] {
  const values = properties.map(([name, type]) => [name, valueOf(type, word)] as const)
  return JSON.stringify(Object.fromEntries(values)).match(/.{1,6}/gs) ?? []
}

function valueOf(type: string, word: () => string): unknown {
  switch (type) {
    case "integer":
      return word().length
    case "number":
      return word().length / 2
    case "boolean":
      return true
    case "array":
      return []
    case "object":
      return {}
    default:
      return `${word()} ${word()}`
  }
}

/** The name of a tool or of a choice, in either form: `{ name }` or `{ function: { name } }`. */
function nameIn(value: unknown): string | null {
  const name = fieldOf(value, "name") ?? fieldOf(fieldOf(value, "function"), "name")
  return typeof name === "string" && name !== "" ? name : null
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined
}
