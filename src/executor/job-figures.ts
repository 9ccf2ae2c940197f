// What an executor counts, and how long its jobs waited and ran.
//
// A job is counted once, when it is over. The time in line is what is left of its whole time when its
// running time, which the worker measures, is taken away.
import { Histogram } from "../base/histogram.ts"

/** Milliseconds of many jobs. */
export interface DurationFigures {
  readonly mean: number
  /** Null before the first job. */
  readonly p50: number | null
  readonly p90: number | null
  readonly p99: number | null
  readonly max: number
}

/** State of an executor at one moment. */
export interface ExecutorStatistics {
  /** Workers that live, those that start or end among them. */
  readonly workers: number
  /** Workers that have a job. */
  readonly busy: number
  /** Jobs that wait for a worker. */
  readonly queued: number
  /** Tasks waiting for room. */
  readonly waiting: number
  /** Jobs that gave a value. */
  readonly completed: number
  /** Jobs that threw, whose time was over, or whose worker died. */
  readonly failed: number
  readonly cancelled: number
  /** Workers that died. */
  readonly lost: number
  /** Milliseconds from submit to begin; the way to the worker and back is in it. */
  readonly queueTime: DurationFigures
  /** Milliseconds in the worker. */
  readonly runTime: DurationFigures
}

/** Counts of jobs that are over. */
export class JobFigures {
  completed = 0
  failed = 0
  cancelled = 0
  lost = 0
  readonly #queue = new Histogram()
  readonly #run = new Histogram()
  /** Running time of the last jobs, the latest counting most; high until it is known. */
  recentRun = 10

  answered(whole: number, ran: number): void {
    this.recentRun += (ran - this.recentRun) / 5
    this.#run.record(ran)
    this.#queue.record(Math.max(0, whole - ran))
  }

  get queueTime(): DurationFigures {
    return figuresOf(this.#queue)
  }

  get runTime(): DurationFigures {
    return figuresOf(this.#run)
  }
}

function figuresOf(histogram: Histogram): DurationFigures {
  const [p50, p90, p99] = [0.5, 0.9, 0.99].map((share) => histogram.percentile(share))
  return { mean: histogram.mean, p50: p50 ?? null, p90: p90 ?? null, p99: p99 ?? null, max: histogram.max }
}
