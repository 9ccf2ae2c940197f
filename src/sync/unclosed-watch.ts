// What was opened and never closed is named, with the line that opened it (M66).
//
// The thing that is watched is held weakly: when it is collected while something of it is still open,
// its run is told. Closing it stops the watch. `count` must not lead back to the thing.
import { reportProblem } from "../core/lowlevel.ts"

type Home = Parameters<typeof reportProblem>[0]

interface Opened {
  readonly name: string
  /** What of it is open. */
  readonly count: { readonly open: number }
  readonly home: Home
  /** Stack frame of whoever opened it. */
  readonly location: string | undefined
}

/** Tells when a thing is collected that was not closed. */
export class UnclosedWatch {
  constructor(thing: object, name: string, count: { readonly open: number }, home: Home) {
    // Frames: the message, this constructor, that of the thing, whoever called it.
    const location = new Error("opened").stack?.split("\n")[3]?.trim().replace(/^at /, "")
    collected.register(thing, { name, count, home, location }, this)
  }

  /** It was closed. */
  stop(): void {
    collected.unregister(this)
  }
}

const collected = new FinalizationRegistry<Opened>(({ name, count, home, location }) => {
  if (count.open === 0) return
  const message = `${name} was never closed; it holds ${count.open} open ${count.open === 1 ? "thing" : "things"}`
  reportProblem(home, location === undefined ? { message } : { message, location })
})
