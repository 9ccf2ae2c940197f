// The public functions and methods that wait, as the committed text of the public face has them.
//
// A name waits if it gives a promise, a future, a task, or something asynchronous to iterate or dispose of. A class
// has what it inherits as well. Whoever adds one finds it missing here from the scenarios.
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { repository } from "../house/source-tree.ts"

const waits =
  /^(?:asserts )?(?:Promise|PromiseLike|Future|Task|ChildTask|AsyncGenerator|AsyncIterableIterator|AsyncIterable|StaggeredResult|Dual|Resource|FileResults)<|^Lines;/

/** `Class.method` for methods, the bare name for functions, sorted; of one door. */
export function waitingNames(door = "tsyncio"): string[] {
  const text = readFileSync(join(repository, "api", `${door}.api.md`), "utf8")
  const sections = text.split(/^## /m).slice(1)
  const own = new Map<string, string[]>()
  const above = new Map<string, string>()
  for (const section of sections) {
    const name = section.slice(0, section.indexOf("\n"))
    const parent = /^export declare class \w+(?:<[^{]*?>)? extends (\w+)/m.exec(section)?.[1]
    if (parent !== undefined) above.set(name, parent)
    own.set(name, namesIn(name, section))
  }
  const all = new Set<string>()
  for (const name of own.keys()) {
    for (let at: string | undefined = name; at !== undefined; at = above.get(at)) {
      for (const found of own.get(at) ?? []) all.add(found.replace(new RegExp(`^${at}\\.`), `${name}.`))
    }
  }
  return [...all].toSorted()
}

function namesIn(name: string, section: string): string[] {
  if (section.includes(`export declare function ${name}`)) {
    const declared = section.split("\n").filter((line) => line.startsWith("export declare function"))
    return declared.some((line) => waits.test(givenBy(line))) ? [name] : []
  }
  const found: string[] = []
  const isValue =
    /^export declare (?:class|const)|^export interface (?:Dual|Resource|Executor|Lines)\b/m.test(section)
  if (!isValue) return []
  for (const line of section.split("\n").filter((one) => one.startsWith("    "))) {
    const member = /^ {4}(?:async \*?)?(?:get )?([\w.[\]]*)(?:<.*?>)?\(?/.exec(line)?.[1] ?? ""
    if (member === "constructor" || line.includes("protected")) continue
    if (waits.test(givenBy(line))) found.push(`${name}.${member === "" ? "call" : member}`)
    if (/^ {4}get then\(\)/.test(line)) found.push(`${name}.then`)
  }
  return found
}

/** The type behind the parameters; of a function that gives a function, what that one gives. */
function givenBy(line: string): string {
  let depth = 0
  let given = ""
  for (let i = 0; i < line.length; i += 1) {
    if (line[i] === "(") depth += 1
    if (line[i] === ")") {
      depth -= 1
      if (depth === 0 && line.startsWith(": ", i + 1)) given = line.slice(i + 3)
    }
  }
  return given.replace(/^\(.*\) => /, "")
}
