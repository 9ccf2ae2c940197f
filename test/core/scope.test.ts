import { describe, expect, it } from "vitest"
import { CancelledError, ScopeEndedError } from "../../src/core/index.ts"
import { Scope } from "../../src/core/lowlevel.ts"
import type { ScopeWait } from "../../src/core/lowlevel.ts"
import type { Home } from "../../src/core/home.ts"
import { ambientHome } from "../../src/core/home.ts"
import { busyTasks, firstWaitOf, linkWait, unlinkWait } from "../../src/core/link-wait.ts"

const home: Home = { ...ambientHome, floating: new Set() }
const owner = (name: string): { describe(): string } => ({ describe: () => name })

/** A wait that notes what ends it. */
class Probe implements ScopeWait {
  readonly kind = "probe"
  nextInScope: ScopeWait | null = null
  previousInScope: ScopeWait | null = null
  readonly got: CancelledError[] = []
  readonly #counts: boolean

  constructor(scope: Scope, counts = true) {
    this.#counts = counts
    linkWait(scope, this)
  }

  interrupt(error: CancelledError): boolean {
    if (this.#counts) this.got.push(error)
    return this.#counts
  }
}

interface Tree {
  readonly root: Scope
  readonly task: Scope
  readonly block: Scope
  readonly shield: Scope
  readonly child: Scope
  readonly shielded: Scope
}

/** root > task > block > (child task, shield > shielded task) */
function tree(): Tree {
  const root = new Scope(null, home, owner("root"), "unit")
  const task = new Scope(root, home, owner("task"), "unit")
  const block = new Scope(task, home, owner("block"), "block")
  const shield = new Scope(block, home, owner("shield"), "shield")
  const child = new Scope(block, home, owner("child"), "unit")
  const shielded = new Scope(shield, home, owner("shielded"), "unit")
  return { root, task, block, shield, child, shielded }
}

function close({ root, task, block, shield, child, shielded }: Tree): void {
  for (const scope of [shielded, child, shield, block, task, root]) scope.end("ended")
  expect(busyTasks()).toBe(0)
}

describe("the tree of scopes", () => {
  it("C1: a task is a unit, blocks belong to theirs", () => {
    const scopes = tree()
    const { root, task, block, shield, child } = scopes
    expect([root.unit, task.unit, block.unit, shield.unit, child.unit]).toEqual([
      root,
      task,
      task,
      task,
      child,
    ])
    expect([root, task, block, child].map(({ depth }) => depth)).toEqual([0, 1, 2, 3])
    expect(busyTasks()).toBe(3)
    close(scopes)
  })

  it("C2: a request ends waits in it and below, up to shields, and stays pending where there are none", () => {
    const scopes = tree()
    const { task, block, shield, child, shielded } = scopes
    const [inChild, inShield, above] = [new Probe(child), new Probe(shield), new Probe(task)]
    const error = new CancelledError("m")
    expect(block.cancel(error)).toBe(true)
    expect([inChild.got, inShield.got, above.got]).toEqual([[error], [], []])
    expect([block.pending, child.pending, shield.pending, shielded.pending]).toEqual([
      error,
      null,
      null,
      null,
    ])
    expect(block.request).toBe(error)
    expect([task.pendingTop(), block.pendingTop(), shield.pendingTop(), child.pendingTop()]).toEqual([
      null,
      block,
      null,
      null,
    ])
    unlinkWait(child, inChild)
    unlinkWait(shield, inShield)
    unlinkWait(task, above)
    close(scopes)
  })

  it("C2: a wait that cannot be ended leaves the request pending", () => {
    const scopes = tree()
    const wait = new Probe(scopes.task, false)
    scopes.task.cancel(new CancelledError())
    expect(scopes.task.pending).not.toBe(null)
    unlinkWait(scopes.task, wait)
    close(scopes)
  })

  it("C2: the outermost pending request is taken, with those further in", () => {
    const scopes = tree()
    const { task, block } = scopes
    const [inner, outer] = [new CancelledError("inner"), new CancelledError("outer")]
    block.cancel(inner)
    task.cancel(outer)
    expect(block.takePending()).toBe(outer)
    expect([block.pending, task.pending, task.pendingCount]).toEqual([null, null, 0])
    expect(block.takePending()).toBe(null)
    expect([block.outer, block.outerTop]).toEqual([outer, task])
    close(scopes)
  })

  it("C3: re-arms what came from above, unless that has ended meanwhile", () => {
    const scopes = tree()
    const { task, block } = scopes
    const error = new CancelledError()
    task.cancel(error)
    block.takePending()
    block.rearmOuter()
    expect(task.pending).toBe(error)
    task.clearPending()
    task.end("ended")
    block.rearmOuter()
    expect([task.pending, task.pendingCount]).toEqual([null, 0])
    scopes.child.end("ended")
    scopes.shielded.end("ended")
    scopes.root.end("ended")
  })

  it("C6: a sticky request is there for each wait, and counts once", () => {
    const scopes = tree()
    const { task, block } = scopes
    const error = new CancelledError()
    block.setSticky(error)
    block.setSticky(error)
    block.setPending(error)
    expect(task.pendingCount).toBe(1)
    for (let i = 0; i < 3; i += 1) expect(block.takePending()).toBe(error)
    block.clearSticky()
    block.clearSticky()
    expect([block.takePending(), task.pendingCount]).toEqual([null, 0])
    block.setPending(error)
    block.setSticky(error)
    block.clearSticky()
    expect(task.pendingCount).toBe(1)
    block.end("stopped", error)
    expect(task.pendingCount).toBe(0)
    close(scopes)
  })

  it("C9: signals are made when they are read, and aborted after the request has spread", () => {
    const scopes = tree()
    const { task, block, child, shielded } = scopes
    const log: string[] = []
    const wait = new Probe(child)
    child.signal.addEventListener("abort", () => log.push(`child ${wait.got.length}`))
    block.signal.addEventListener("abort", () => log.push("block"))
    shielded.signal.addEventListener("abort", () => log.push("shielded"))
    task.cancel(new CancelledError("m"))
    expect(log.toSorted()).toEqual(["block", "child 1"])
    expect(task.signal.reason).toMatchObject({ reason: "m" })
    unlinkWait(child, wait)
    close(scopes)
    expect(shielded.signal.aborted).toBe(false)
    expect(new Scope(null, home, null, "unit").signal.aborted).toBe(false)
    expect(scopes.root.signal.reason).toBeInstanceOf(ScopeEndedError)
  })

  it("an ended scope takes no request, ends what is parked in it, and hands units below to the top", () => {
    const scopes = tree()
    const { root, block, child, shield, shielded } = scopes
    const inBlock = new Probe(block)
    const inShield = new Probe(shield)
    block.end("stopped", new Error("E"))
    expect([block.cancel(new CancelledError()), block.state, shield.state]).toEqual([
      false,
      "stopped",
      "ended",
    ])
    expect(inBlock.got[0]).toBeInstanceOf(ScopeEndedError)
    expect(inShield.got[0]).toBeInstanceOf(ScopeEndedError)
    expect([child.parent, shielded.parent]).toEqual([root, root])
    expect([child.pending, shielded.pending]).toEqual([
      expect.any(ScopeEndedError),
      expect.any(ScopeEndedError),
    ])
    unlinkWait(block, inBlock)
    unlinkWait(shield, inShield)
    close(scopes)
  })

  it("several units that a run leaves behind stay where they are, told once more", () => {
    const root = new Scope(null, home, null, "unit")
    const left = [1, 2, 3].map((n) => new Scope(root, home, owner(`${n}`), "unit"))
    root.end("ended")
    expect(left.map(({ parent, pending }) => [parent === root, pending !== null])).toEqual([
      [true, true],
      [true, true],
      [true, true],
    ])
    for (const scope of left) scope.end("ended")
  })

  it("the end of a scope calls onEnd once and forgets its requests", () => {
    const scopes = tree()
    let calls = 0
    scopes.block.onEnd = () => (calls += 1)
    scopes.block.end("ended")
    scopes.block.end("ended")
    expect([calls, scopes.block.onEnd, scopes.block.endedBy]).toEqual([1, null, undefined])
    scopes.shielded.end("ended")
    close(scopes)
  })

  it("L3: tells who it was only as long as its owner is kept", () => {
    const scopes = tree()
    expect(scopes.task.describe()).toBe("task")
    scopes.task.owner = null
    expect(scopes.task.describe()).toBe("an ended task")
    close(scopes)
  })
})

describe("the waits in a scope", () => {
  it("stand oldest first and leave from any place; the oldest of the unit is found", () => {
    const scopes = tree()
    const { task, block, child } = scopes
    const [a, b, c] = [new Probe(block), new Probe(block), new Probe(block)]
    new Probe(child)
    expect(firstWaitOf(task)).toBe(a)
    unlinkWait(block, b)
    unlinkWait(block, a)
    expect([firstWaitOf(task), task.parkedCount]).toEqual([c, 1])
    unlinkWait(block, c)
    expect([firstWaitOf(task), block.firstWait, block.lastWait]).toEqual([null, null, null])
    close(scopes)
  })

  it("a unit is busy while none of its waits is parked", () => {
    const scopes = tree()
    const { root, task, block } = scopes
    const before = busyTasks()
    const [a, b] = [new Probe(task), new Probe(block)]
    expect(busyTasks()).toBe(before - 1)
    unlinkWait(task, a)
    expect(busyTasks()).toBe(before - 1)
    unlinkWait(block, b)
    expect(busyTasks()).toBe(before)
    const atTop = new Probe(root)
    expect(busyTasks()).toBe(before)
    unlinkWait(root, atTop)
    close(scopes)
  })
})
