// Draws the fate of each request.
//
// One number decides whether a request is answered, hangs or fails, a second one how it fails.
// The series depends on the seed and on the order of the requests alone, so a run with one
// connection can be repeated exactly. What must stay true: each request draws once, also when a
// limit refuses it later, so that limits do not shift the failures of the others.
import type { MockFailure, MockSettings } from "./mock-options.ts"
import { seededRandom } from "../base/seeded-random.ts"

/** What is going to happen to a request. */
export type MockFate = "answer" | "hang" | MockFailure

export function fateDrawer(settings: MockSettings): () => MockFate {
  const { failRate, hangRate, failures } = settings
  if (failRate === 0 && hangRate === 0) return () => "answer"
  const random = seededRandom(settings.seed)
  return () => {
    const drawn = random()
    const kind = failures[Math.floor(random() * failures.length)] as MockFailure
    if (drawn < hangRate) return "hang"
    return drawn < hangRate + failRate ? kind : "answer"
  }
}
