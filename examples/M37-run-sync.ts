// Synchronous code calls an async function, and blocks until it has the value: a constructor, a getter, a sync interface.
import { run } from "tsyncio"
import { portable, runSync } from "tsyncio/executor"

const loadSettings = portable(import.meta, "loadSettings", async (text: string) => {
  const response = await fetch(`data:application/json,${encodeURIComponent(text)}`)
  const settings = (await response.json()) as { readonly colour: string }
  if (settings.colour === "") throw new RangeError("no colour")
  return settings
})

class Theme {
  readonly colour: string

  constructor(text: string) {
    this.colour = runSync(loadSettings, text).colour
  }
}

console.log(new Theme('{ "colour": "red" }').colour)

try {
  new Theme('{ "colour": "" }')
} catch (error) {
  // Both sides of the seam: where it was thrown, and who had called.
  const { stack = "" } = error as Error
  console.log(String(error), stack.indexOf("loadSettings") < stack.indexOf("new Theme"))
}

// In a run it would stop every other task, so it says what to write instead.
await run(async () => {
  try {
    runSync(loadSettings, "{}")
  } catch (error) {
    console.log(/`await toThread\(fn, …\)`/.exec(String(error))?.[0])
  }
  console.log((await loadSettings('{ "colour": "green" }')).colour)
})

// prints:
// red
// RangeError: no colour true
// `await toThread(fn, …)`
// green
