// Written once, called by synchronous and asynchronous code; methods too, and one suite of checks for both forms.
import { readFileSync, rmSync, writeFileSync } from "node:fs"
import { readFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { dual, run } from "tsyncio"

const read = dual({
  sync: (path: string) => readFileSync(path, "utf8"),
  async: (path: string) => readFile(path, "utf8"),
})

class Settings {
  readonly folder: string
  constructor(folder: string) {
    this.folder = folder
  }

  /** The settings of a file; a missing one is empty. */
  readonly load = dual(this, function* (name: string) {
    try {
      return new Map((yield* read(join(this.folder, name))).split("\n").map((line) => parse(line)))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error
      return new Map<string, string>()
    }
  })

  /** One setting, from the first file that has it. */
  readonly get = dual(this, function* (key: string, ...names: string[]) {
    for (const name of names) {
      const value = (yield* this.load(name)).get(key)
      if (value !== undefined) return value
    }
    throw new RangeError(`no setting ${key}`)
  })
}

function parse(line: string): [string, string] {
  const [key = "", value = ""] = line.split("=")
  return [key, value]
}

const file = join(tmpdir(), `settings-${process.pid}`)
writeFileSync(file, "port=8080\nhost=localhost")

await run(async () => {
  const settings = new Settings(tmpdir())
  const name = `settings-${process.pid}`

  const port: string = settings.get.sync("port", "missing", name)
  const host: string = await settings.get.async("host", name)
  console.log(port, host)

  for (const form of ["sync", "async"] as const) {
    const value = await settings.get[form]("port", name)
    const error = await (async () => settings.get[form]("user", name))().catch(
      (thrown: Error) => thrown.message,
    )
    console.log(`${form}: ${value}, ${error}`)
  }
})
rmSync(file)

// prints:
// 8080 localhost
// sync: 8080, no setting user
// async: 8080, no setting user
