// What all requests of one mock server share.
//
// Settings never change; limits, statistics and the lot do, by each request. Two servers in one
// process share nothing.
import type { MockBatch } from "./mock-batch.ts"
import type { MockFate } from "./mock-fate.ts"
import { fateDrawer } from "./mock-fate.ts"
import { MockFiles } from "./mock-files.ts"
import { MockLimits } from "./mock-limits.ts"
import type { MockSettings } from "./mock-options.ts"
import { MockStatistics } from "./mock-statistics.ts"

export interface MockState {
  readonly settings: MockSettings
  readonly limits: MockLimits
  readonly statistics: MockStatistics
  readonly files: MockFiles
  /** In order of arrival. */
  readonly batches: MockBatch[]
  /** Starts work that no request waits for; it ends with the server. */
  readonly inBackground: (work: () => Promise<void>, name: string) => void
  /** Draws what happens to the next request. */
  readonly drawFate: () => MockFate
}

export function mockState(settings: MockSettings, inBackground: MockState["inBackground"]): MockState {
  return {
    settings,
    inBackground,
    files: new MockFiles(),
    batches: [],
    limits: new MockLimits(settings.rpm, settings.tpm, settings.burst),
    statistics: new MockStatistics(),
    drawFate: fateDrawer(settings),
  }
}
