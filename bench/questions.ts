// All questions, in the order they are asked and told.
import { batch } from "./batch/batch.js"
import { gatherHundred } from "./combine/gather.js"
import { mapBounded } from "./combine/map.js"
import { cancel } from "./core/cancel.js"
import { contextLookup } from "./core/context.js"
import { debugOff } from "./core/debug-off.js"
import { group1, group100, group10000, groupNested } from "./core/group.js"
import { spawn } from "./core/spawn.js"
import { contextPrice } from "./cost/context-price.js"
import { doorSize } from "./cost/door-size.js"
import { importCost } from "./cost/import.js"
import { million } from "./cost/million.js"
import { parkedBytes } from "./cost/parked-bytes.js"
import { startUp } from "./cost/start-up.js"
import { jobOverhead } from "./executor/job-overhead.js"
import { scaling } from "./executor/scaling.js"
import { timerLag } from "./executor/timer-lag.js"
import { tinyJobs } from "./executor/tiny-jobs.js"
import { fileLines } from "./fs/lines.js"
import { httpGet } from "./http/http-get.js"
import { tcpEcho, tcpPingPong } from "./net/echo.js"
import type { Question } from "./question.js"
import { condition } from "./sync/condition.js"
import { event } from "./sync/event.js"
import { queueManyToMany, queueOneToOne, queuePingPong } from "./sync/queue.js"
import { rateLimiter } from "./sync/rate-limiter.js"
import { lockContended, lockFree, semaphoreContended, semaphoreFree } from "./sync/semaphore.js"
import { sharedSignal } from "./time/shared-signal.js"
import { timeoutFired, timeoutUnfired } from "./time/timeout.js"
import { timers } from "./time/timers.js"
import { yield1, yield100, yield10000 } from "./time/yield.js"

export const questions: readonly Question[] = [
  spawn,
  group1,
  group100,
  group10000,
  groupNested,
  yield1,
  yield100,
  yield10000,
  semaphoreFree,
  semaphoreContended,
  lockFree,
  lockContended,
  event,
  condition,
  queueOneToOne,
  queuePingPong,
  queueManyToMany,
  rateLimiter,
  timeoutUnfired,
  timeoutFired,
  gatherHundred,
  mapBounded,
  cancel,
  timers,
  contextLookup,
  sharedSignal,
  tinyJobs,
  jobOverhead,
  scaling,
  timerLag,
  httpGet,
  tcpEcho,
  tcpPingPong,
  fileLines,
  batch,
  debugOff,
  parkedBytes,
  million,
  importCost,
  doorSize,
  startUp,
  contextPrice,
]
