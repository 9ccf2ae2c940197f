// What all requests of one mock server share.
//
// Settings never change; limits, statistics and the lot do, by each request. Two servers in one
// process share nothing.
import type { MockFate } from "./mock-fate.ts"
import { fateDrawer } from "./mock-fate.ts"
import { MockLimits } from "./mock-limits.ts"
import type { MockSettings } from "./mock-options.ts"
import { MockStatistics } from "./mock-statistics.ts"

export interface MockState {
  readonly settings: MockSettings
  readonly limits: MockLimits
  readonly statistics: MockStatistics
  /** Draws what happens to the next request. */
  readonly drawFate: () => MockFate
}

export function mockState(settings: MockSettings): MockState {
  return {
    settings,
    limits: new MockLimits(settings.rpm, settings.tpm, settings.burst),
    statistics: new MockStatistics(),
    drawFate: fateDrawer(settings),
  }
}
