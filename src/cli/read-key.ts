// Where the key comes from: a variable of the environment, a file, or, with a warning, the command line.
//
// The place is told, the key never. A variable that was named and is not there is a mistake to speak of at once,
// and not a refusal of the server to wonder about.

import { readFile } from "node:fs/promises"
import { BatchRefusedError } from "../batch/index.ts"

/** Options that say where the key is. */
export interface KeyFlags {
  readonly apiKeyEnv?: string
  readonly apiKeyFile?: string
  readonly apiKey?: string
  readonly format?: "openai" | "anthropic"
}

/** A key and where it is from. */
export interface FoundKey {
  readonly text: string | undefined
  /** As it is told: a variable, a file. */
  readonly source: string
  /** What to do when the key is refused. */
  readonly advice: string
  readonly warnings: readonly string[]
}

/** @throws {BatchRefusedError} If there are several places, or the file cannot be read. */
export async function readKey(flags: KeyFlags): Promise<FoundKey> {
  const { apiKeyEnv, apiKeyFile, apiKey, format } = flags
  if ([apiKeyEnv, apiKeyFile, apiKey].filter((given) => given !== undefined).length > 1) {
    throw new BatchRefusedError("option", "Cannot take the key from several places: name one")
  }
  if (apiKey !== undefined) {
    const warning =
      "the key on the command line can be seen by others: prefer --api-key-env or --api-key-file"
    return { text: apiKey, source: "the command line", advice: "give another", warnings: [warning] }
  }
  if (apiKeyFile !== undefined) {
    const text = await keyIn(apiKeyFile)
    return { text, source: apiKeyFile, advice: "put another there", warnings: [] }
  }
  const name = apiKeyEnv ?? (format === "anthropic" ? "ANTHROPIC_API_KEY" : "OPENAI_API_KEY")
  const text = process.env[name]
  const isMissing = apiKeyEnv !== undefined && (text ?? "").trim() === ""
  const warnings = isMissing
    ? [`the environment variable ${name} is not set: requests go out without a key`]
    : []
  const advice = `set the environment variable ${name} (or name another with --api-key-env)`
  return { text, source: name, advice, warnings }
}

async function keyIn(path: string): Promise<string> {
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    const why = error instanceof Error && "code" in error ? String(error.code) : "unknown"
    throw new BatchRefusedError("option", `Cannot read the key file ${path}: ${why}`, { cause: error })
  })
  if (text.trim() === "")
    throw new BatchRefusedError("option", `Cannot use the key file ${path}: it is empty`)
  return text
}
