import { spawnSync } from "node:child_process"
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join, relative, resolve, sep } from "node:path"
import { afterAll, describe, expect, it } from "vitest"
import { parseModule } from "../../scripts/module-text.mjs"
import { house } from "./rooms.ts"
import { repository } from "./source-tree.ts"

const dist = join(repository, "dist")
const folder = mkdtempSync(join(tmpdir(), "tsyncio doors "))
afterAll(() => rmSync(folder, { recursive: true }))

/** All files and packages that an import of a built file loads. */
function closure(entry: string): { files: string[]; packages: string[] } {
  const files = new Set<string>()
  const packages = new Set<string>()
  const visit = (file: string): void => {
    if (files.has(file)) return
    files.add(file)
    for (const { specifier } of parseModule(readFileSync(file, "utf8")).imports) {
      if (specifier.startsWith(".")) visit(resolve(dirname(file), specifier))
      else if (!specifier.startsWith("node:")) packages.add(specifier)
    }
  }
  visit(join(dist, entry))
  const paths = [...files].map((file) => relative(dist, file).split(sep).join("/"))
  return { files: paths.sort(), packages: [...packages].sort() }
}

function roomsOf(files: string[]): string[] {
  return [
    ...new Set(files.filter((file) => file.includes("/")).map((file) => file.slice(0, file.indexOf("/")))),
  ].sort()
}

/** Rooms that a room may reach, itself included. */
function reach(name: string): Set<string> {
  const own = house.rooms[name]
  const lower = Object.entries(house.rooms).filter(([other, room]) => {
    return (
      own !== undefined &&
      room.enteredBy === undefined &&
      (room.floor < own.floor || own.beside?.includes(other))
    )
  })
  return new Set([name, ...lower.map(([other]) => other)])
}

describe("a door loads what it names and nothing else", () => {
  it("dist/ is built from the sources as they are; else run `npm run build`", () => {
    const setup = join(repository, "scripts", "setup.mjs")
    expect(spawnSync(process.execPath, [setup, "--check"], { encoding: "utf8" }).stderr).toBe("")
  })

  it("`tsyncio` loads no other door and no dependency", () => {
    const { files, packages } = closure("index.js")
    expect(packages).toEqual([])
    expect(roomsOf(files)).toEqual(["base", ...house.front.rooms].sort())
  })

  it.each(Object.entries(house.doors))(
    "%s stays in its rooms and loads no dependency of another",
    (door, file) => {
      const room = door === "." ? "combine" : file.slice(0, file.indexOf("/"))
      const { files, packages } = closure(file.replace(/\.ts$/, ".js"))
      const allowed = reach(room)
      expect(
        roomsOf(files).filter((other) => !allowed.has(other) && !house.front.rooms.includes(other)),
      ).toEqual([])
      const homes = packages.map((name) => house.packages[name.split("/")[0] ?? ""] ?? [])
      expect(homes.filter((rooms) => !rooms.some((home) => allowed.has(home)))).toEqual([])
    },
  )

  it("`tsyncio` runs where nothing else is installed, prints nothing, and lets the process end", () => {
    for (const part of ["index.js", "base", ...house.front.rooms]) {
      if (existsSync(join(dist, part)))
        cpSync(join(dist, part), join(folder, "dist", part), { recursive: true })
    }
    cpSync(join(repository, "package.json"), join(folder, "package.json"))
    const program = `
      const before = process.getActiveResourcesInfo()
      const listeners = process.eventNames().length
      const door = await import("tsyncio")
      const left = process.getActiveResourcesInfo().filter((name) => !before.includes(name) && !name.endsWith("Req"))
      console.log(JSON.stringify({ left, listeners: process.eventNames().length - listeners, run: typeof door.run }))`
    const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "--eval", program], {
      cwd: folder,
      encoding: "utf8",
    })
    expect(stderr).toBe("")
    expect(JSON.parse(stdout)).toEqual({ left: [], listeners: 0, run: "function" })
  })
})
