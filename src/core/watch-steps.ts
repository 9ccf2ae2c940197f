// Steps that held the thread for too long, told in debug mode.
//
// A step lasts from its turn to the next park or end; while a task sits in a foreign await it is
// not running. The one watcher sits in the scheduler and is not there when nobody is in debug mode.
import { clock } from "./clock.ts"
import type { Home } from "./home.ts"
import { deliverProblem } from "./report.ts"
import { setStepWatcher } from "./scheduler.ts"
import { Scope } from "./scope.ts"

/** The part of a loop that is asked. */
interface WatchedLoop {
  readonly home: Home
  readonly slowCallbackDuration: number
}

const watched = new Set<WatchedLoop>()

/** Reports slow steps of `loop`; the function it gives ends that. */
export function watchSteps(loop: WatchedLoop): () => void {
  watched.add(loop)
  setStepWatcher({ now: () => clock.now(), ended: tell })
  return () => {
    watched.delete(loop)
    if (watched.size === 0) setStepWatcher(null)
  }
}

function tell(owner: object, ms: number): void {
  for (const loop of watched) {
    if (ms < loop.slowCallbackDuration || homeOf(owner) !== loop.home) continue
    const what = (owner as { describe(): string }).describe()
    deliverProblem(loop.home.handler, { message: `${what} held the thread for ${(ms / 1000).toFixed(3)} s` })
  }
}

function homeOf(owner: object): Home | null {
  if (owner instanceof Scope) return owner.home
  return "home" in owner ? (owner.home as Home) : null
}
