// The ready queue: one line, one entry at a time (T1). Knows no tasks.
//
// An entry starts one task, ends one wait or runs one callback. One that begins a step says whose by
// `stepBegan`; the next entry runs when that step has parked or ended, which `stepParked` and
// `stepEnded` tell. A step that sits in a foreign await gives way when no microtask is left
// (`whenQuiet`). A pass is what stood in the queue when it began. After a pass in which somebody
// asked to yield, and at the latest after `slice` milliseconds, the event loop gets its turn (T4).
//
//   state    | meaning                                   | leaves by
//   idle     | queue empty, nothing watched              | schedule() -> watching
//   watching | `onQuiet` will come when microtasks end   | onQuiet -> idle, or watching again
//   polling  | the event loop has the floor              | onPolled -> watching
import { Deque } from "../base/deque.ts"
import { afterPoll, clock, inMicrotask, whenQuiet } from "./clock.ts"

/** One turn in the ready queue. */
export interface Entry {
  /** Runs the turn; calls {@link stepBegan} first if user code goes on by it. Must not throw. */
  runEntry(): void
}

/** Milliseconds that tasks may hold the thread before timers and I/O get a turn. */
export const slice = 10

/** Turns between two looks at the clock, unless the last ones were slow. */
const turnsPerLook = 16
/** Turns after which I/O gets in whatever the clock says (a virtual one may stand still). */
const turnsPerPoll = 10_000

const ready = new Deque<Entry>()
/** Owner of the step that is running; null between steps. */
let stepOwner: object | null = null
/** Whether the loop of {@link advance} is on the stack. */
let isAdvancing = false
/** Whether `onQuiet` is on its way. */
let isWatching = false
/** Whether the event loop has the floor; nothing runs until `onPolled`. */
let isPolling = false
/** Whether somebody asked to let the event loop in at the end of this pass. */
let isYieldAsked = false
/** Entries of this pass that have not run. */
let passLeft = 0
/** When the thread was last taken from the event loop. */
let sliceStart = 0
/** Turns until the next look at the clock, turns since the last poll, and time of the last look. */
let lookIn = turnsPerLook
let turns = 0
let lastLook = 0

/** Is told how long each step and callback has run; for debug mode. */
export interface StepWatcher {
  now(): number
  /** `owner` is whose step it was, or the entry itself if it began none. */
  ended(owner: object, ms: number): void
}

/** Null while nobody watches. */
let stepWatcher: StepWatcher | null = null
/** When the running step began; kept only while somebody watches. */
let stepStart = 0

/** Installs the one watcher of steps, or takes it out. */
export function setStepWatcher(watcher: StepWatcher | null): void {
  stepWatcher = watcher
  stepStart = watcher?.now() ?? 0
}

/** Takes the next turn out of the line, which is not empty; null while that is the first, as T1 has it. */
let turnPicker: ((ready: Deque<Entry>) => Entry) | null = null

/** Installs who picks the next turn in place of the order of arrival, or takes it out; for `explore`. */
export function setTurnPicker(picker: ((ready: Deque<Entry>) => Entry) | null): void {
  turnPicker = picker
}

/** Puts an entry at the end of the line. */
export function schedule(entry: Entry): void {
  ready.push(entry)
  if (!isWatching && !isPolling) {
    sliceStart = lastLook = clock.now()
    watch()
  }
}

/** Asks for the event loop to get its turn at the end of this pass. */
export function askYield(): void {
  isYieldAsked = true
}

/** Tells that the entry that is running begins a step of `owner`: nobody else runs until it is over. */
export function stepBegan(owner: object): void {
  stepOwner = owner
}

/** Tells that `owner` has parked; the next entry runs once its synchronous code is through. */
export function stepParked(owner: object): void {
  if (owner !== stepOwner) return
  stepOwner = null
  if (stepWatcher !== null) stepWatcher.ended(owner, stepWatcher.now() - stepStart)
  // A step that parks before its first await is still under `advance`, which goes on by itself.
  if (!isAdvancing && ready.size > 0 && !isPolling) inMicrotask(advance)
}

/** Tells that the step of `owner` is over; the next entry runs now. */
export function stepEnded(owner: object): void {
  if (owner !== stepOwner) return
  stepOwner = null
  if (stepWatcher !== null) stepWatcher.ended(owner, stepWatcher.now() - stepStart)
  advance()
}

/** A recent time of the clock in whole milliseconds, without asking it. */
export function recentTime(): number {
  return Math.trunc(lastLook)
}

/** Whether the slice of the running step is used up; looks at the clock. */
export function isSliceUsed(): boolean {
  return clock.now() - sliceStart >= slice
}

/** Number of entries waiting for their turn. */
export function readyCount(): number {
  return ready.size
}

function watch(): void {
  isWatching = true
  whenQuiet(onQuiet)
}

function onQuiet(): void {
  isWatching = false
  if (isPolling) return
  if (stepWatcher !== null && stepOwner !== null) stepWatcher.ended(stepOwner, stepWatcher.now() - stepStart)
  stepOwner = null
  if (ready.size === 0) return
  watch()
  advance()
}

function advance(): void {
  if (isAdvancing) return
  isAdvancing = true
  while (!isPolling && stepOwner === null && ready.size > 0) {
    if (isPollDue()) {
      isPolling = true
      afterPoll(onPolled)
      break
    }
    if (passLeft === 0) passLeft = ready.size
    passLeft -= 1
    const entry = turnPicker === null ? (ready.shift() as Entry) : turnPicker(ready)
    if (stepWatcher !== null) stepStart = stepWatcher.now()
    try {
      entry.runEntry()
    } catch (error) {
      crash(error)
    }
    if (stepWatcher !== null && stepOwner === null) stepWatcher.ended(entry, stepWatcher.now() - stepStart)
  }
  isAdvancing = false
}

// A primitive that breaks its word must not take the queue with it, and must not go unnoticed.
function crash(error: unknown): void {
  afterPoll(() => {
    throw error
  })
}

// Nothing from outside has a place in a picked order: the event loop gets its turn where nothing is left to pick.
function isPollDue(): boolean {
  if (turnPicker !== null) return false
  if (passLeft === 0 && isYieldAsked) return true
  turns += 1
  if (turns >= turnsPerPoll) return true
  lookIn -= 1
  if (lookIn > 0) return false
  const now = clock.now()
  lookIn = now - lastLook > 1 ? 1 : turnsPerLook
  lastLook = now
  return now - sliceStart >= slice
}

function onPolled(): void {
  isPolling = false
  isYieldAsked = false
  turns = 0
  passLeft = 0
  sliceStart = lastLook = clock.now()
  watch()
  advance()
}
