import { existsSync, readFileSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { publicNames } from "../../scripts/module-text.mjs"
import { house } from "./rooms.ts"
import { repository } from "./source-tree.ts"

interface PackageJson {
  readonly exports: Record<string, string | { types: string; default: string }>
  readonly bin: Record<string, string>
  readonly dependencies: Record<string, string>
  readonly peerDependencies: Record<string, string>
  readonly peerDependenciesMeta: Record<string, { readonly optional?: boolean }>
  readonly devDependencies: Record<string, string>
  readonly sideEffects: boolean
}

const packageJson = JSON.parse(readFileSync(join(repository, "package.json"), "utf8")) as PackageJson
const sources = join(repository, "src")

describe("the table of rooms", () => {
  it("has each folder of src, and nothing that is not there", () => {
    const folders = readdirSync(sources, { withFileTypes: true }).filter((entry) => entry.isDirectory())
    expect(folders.map(({ name }) => name).sort()).toEqual(Object.keys(house.rooms).sort())
  })

  it("has the doors that package.json has, each with its types", () => {
    const expected: PackageJson["exports"] = { "./package.json": "./package.json" }
    for (const [door, file] of Object.entries(house.doors)) {
      const stem = `./dist/${file.replace(/\.ts$/, "")}`
      expected[door] = { types: `${stem}.d.ts`, default: `${stem}.js` }
    }
    expect(packageJson.exports).toEqual(expected)
  })

  it("names doors that are there", () => {
    const missing = Object.values(house.doors).filter((file) => !existsSync(join(sources, file)))
    expect(missing).toEqual([])
  })

  it("has a home for each dependency, and dependencies for all homes", () => {
    const { dependencies, peerDependencies } = packageJson
    expect(Object.keys(house.packages).sort()).toEqual(
      Object.keys({ ...dependencies, ...peerDependencies }).sort(),
    )
  })

  it("has no peer that has to be installed", () => {
    const { peerDependencies, peerDependenciesMeta } = packageJson
    const needed = Object.keys(peerDependencies).filter(
      (name) => peerDependenciesMeta[name]?.optional !== true,
    )
    expect(needed).toEqual([])
  })

  it("gives homes that exist to node's modules", () => {
    const places = [
      house.window,
      ...Object.values(house.homes).flat(),
      ...Object.values(house.packages).flat(),
    ]
    const unknown = places.filter(
      (place) => house.rooms[place] === undefined && !existsSync(join(sources, place)),
    )
    expect(unknown).toEqual([])
  })

  it("excuses no file that is gone from the law of names", () => {
    expect(Object.keys(house.families).filter((file) => !existsSync(join(sources, file)))).toEqual([])
  })
})

describe("the front door", () => {
  const front = publicNames(join(sources, house.front.file))

  it(`has at most ${house.front.mostValues} values`, () => {
    expect(front.filter(({ isValue }) => isValue).length).toBeLessThanOrEqual(house.front.mostValues)
  })

  it("gives out all that the rooms behind it give out, and nothing else", () => {
    const behind = house.front.rooms.flatMap((room) => publicNames(join(sources, room, "index.ts")))
    const told = (names: typeof behind): string[] => [...new Set(names.map(({ name }) => name))].sort()
    expect(told(front)).toEqual(told(behind))
  })

  it("has one word for one thing: no two rooms give out the same name", () => {
    const seen = new Map<string, string>()
    const doubled: string[] = []
    for (const file of Object.values(house.doors)) {
      for (const { name, path } of publicNames(join(sources, file))) {
        const before = seen.get(name)
        if (before !== undefined && before !== path) doubled.push(`${name}: ${before} and ${path}`)
        seen.set(name, path)
      }
    }
    expect(doubled).toEqual([])
  })
})

describe("package.json", () => {
  it("promises no side effects and one command", () => {
    expect(packageJson.sideEffects).toBe(false)
    expect(packageJson.bin).toEqual({ tsyncio: "dist/bin/tsyncio.js" })
  })
})
