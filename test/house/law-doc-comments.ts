// Law 5: each value behind a door has a doc comment in the house's order; whatever waits tells how it is cancelled.
//
// That something waits is read from its return type: a promise, a future or an async iterable. A class that has
// such methods tells it once, above the class, or above each of them.

import { join } from "node:path"
import type { Token } from "../../scripts/lexer.mjs"
import type { PublicName } from "../../scripts/module-text.mjs"
import { publicNames } from "../../scripts/module-text.mjs"
import type { House } from "./rooms.ts"

const waitable = /^(?:Promise|PromiseLike|Future|AsyncIterable|AsyncIterableIterator|AsyncGenerator)$/

/** Parts of a doc comment in the order in which they stand. */
const order = [
  "**Cancellation.**",
  "**Fairness.**",
  "**Pitfall.**",
  "@param",
  "@returns",
  "@throws",
  "@example",
]

export interface DocFaults {
  readonly faults: string[]
  /** Names that wait or are classes and show no example. */
  readonly withoutExample: string[]
}

export function docComments(sources: string, house: House): DocFaults {
  const faults = new Set<string>()
  const withoutExample = new Set<string>()
  for (const door of Object.values(house.doors)) {
    for (const name of publicNames(join(sources, door))) {
      if (!name.isValue) continue
      const where = `${name.path.slice(sources.length + 1)}:${name.declaration.line}: ${name.name}`
      for (const why of faultsOf(name)) faults.add(`${where} ${why}`)
      const { doc = "", kind } = name.declaration
      if (kind !== "const" && !doc.includes("@example")) withoutExample.add(where)
    }
  }
  return { faults: [...faults], withoutExample: [...withoutExample] }
}

function faultsOf({ declaration }: PublicName): string[] {
  const { doc } = declaration
  if (doc === undefined) return ["has no doc comment"]
  const faults = []
  const waiting = waitingParts(declaration.code, declaration.kind === "class")
  if (waiting.length > 0 && !doc.includes("**Cancellation.**")) {
    if (declaration.kind !== "class") faults.push("waits and does not say **Cancellation.**")
    else faults.push(`has ${waiting.join(", ")}, which waits: say **Cancellation.** above the class`)
  }
  const places = order.map((part) => doc.indexOf(part)).filter((place) => place !== -1)
  if (places.some((place, index) => place < (places[index - 1] ?? 0))) {
    faults.push(`has its doc comment out of order: ${order.join(" · ")}`)
  }
  for (const title of doc.matchAll(/@example[ \t]*(.*)/g)) {
    if (title[1] === "") faults.push("has an example without a title")
  }
  return faults
}

/** Names of what waits: the function itself, or the public methods of a class. */
export function waitingParts(code: readonly Token[], isClass: boolean): string[] {
  const depth = isClass ? 1 : 0
  const found: string[] = []
  for (const [at, token] of code.entries()) {
    if (token.kind !== "name" || token.depth !== depth || !declares(code[at - 1])) continue
    const open = parameterList(code, at + 1)
    if (open === undefined || isHidden(code, at)) continue
    const returned = returnType(code, open)
    if (returned !== undefined && waitable.test(returned) && !found.includes(token.text))
      found.push(token.text)
  }
  return found
}

/** Whether a name behind this token can be that of a function or method; behind `:`, `=` or `.` it is used. */
function declares(before: Token | undefined): boolean {
  return (
    before === undefined ||
    !/^(?:[:|&<,.(=?!+-]|\?\.|=>|new|extends|implements|await|return)$/.test(before.text)
  )
}

/** Index of the `(` of the parameter list that begins at a place, its type parameters skipped. */
function parameterList(code: readonly Token[], at: number): number | undefined {
  let open = at
  if (code[open]?.text === "<") {
    let angles = 0
    do {
      if (code[open]?.text === "<") angles += 1
      if (code[open]?.text === ">") angles -= 1
      open += 1
    } while (angles > 0 && open < code.length)
  }
  return code[open]?.text === "(" ? open : undefined
}

/** Whether a member is `private`; names with `#` are tokens of another kind. */
function isHidden(code: readonly Token[], at: number): boolean {
  for (let before = at - 1; before >= 0 && code[before]?.line === code[at]?.line; before--) {
    if (code[before]?.text === "private" || code[before]?.text === "new") return true
  }
  return false
}

/** First word of the type behind the parameter list that opens at `open`. */
function returnType(code: readonly Token[], open: number): string | undefined {
  const depth = code[open]?.depth
  const close = code.findIndex((token, index) => index > open && token.text === ")" && token.depth === depth)
  return code[close + 1]?.text === ":" ? code[close + 2]?.text : undefined
}
