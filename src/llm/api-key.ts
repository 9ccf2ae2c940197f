// Where keys and base URLs come from when a program does not say.
//
// The environment is read when a client is made, once. What must stay true: a key is never part of
// a message, also not when it is the key that is wrong.

import type { HeadersInput } from "../http/index.ts"
import { redactHeaders } from "../http/index.ts"

/** A variable of the environment; undefined if it is empty. */
export function environment(name: string): string | undefined {
  const value = process.env[name]
  return value === undefined || value.trim() === "" ? undefined : value.trim()
}

/** The key to send: what the program says, or what the environment says; null for none. */
export function readApiKey(given: string | null | undefined, variable: string): string | null {
  if (given === null) return null
  const key = given === undefined ? environment(variable) : given
  if (key === undefined) return null
  if (typeof key === "string" && /^[\u0021-\u007e]+$/.test(key)) return key
  const where = given === undefined ? `the variable ${variable}` : "`apiKey`"
  throw new TypeError(
    `Expected ${where} to be a key of visible ASCII characters, got \`***\` (${typeof key})`,
  )
}

/** Shorter ones would blank out ordinary words. */
const SHORTEST_SECRET = 6

/** The values among headers that must not be repeated: keys, with and without the word before them. */
export function secretsIn(headers: HeadersInput): string[] {
  const shown = redactHeaders(headers)
  return Object.entries(headers)
    .filter(([name, value]) => value !== undefined && value !== shown[name])
    .flatMap(([, value]) => [value as string, (value as string).replace(/^\w+\s+/, "")])
    .filter(({ length }) => length >= SHORTEST_SECRET)
}
