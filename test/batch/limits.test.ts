// The limits of a run on the virtual clock: used to 95 % and never broken, learnt from headers, per model; and
// what comes after a 429: a pause for all, and no herd behind it.

import { describe, expect, it } from "vitest"
import { AdaptiveConcurrency } from "../../src/batch/adaptive-concurrency.ts"
import { readLimitHeaders } from "../../src/batch/limit-headers.ts"
import { RetryBudget } from "../../src/batch/retry-budget.ts"
import { TokenEstimate } from "../../src/batch/token-estimate.ts"
import { RateSlots, sleep } from "../../src/index.ts"
import { now, runVirtual } from "../../src/testing/index.ts"
import { itemOf, SimulatedRun, SimulatedServer, type SimulatedRequest } from "./simulated-server.ts"

const minute = 60_000

function* bodies(more: (n: number) => object = () => ({})): Generator<object> {
  for (let n = 0; ; n++)
    yield { model: "m", messages: [{ role: "user", content: "x".repeat(200) }], ...more(n) }
}

type Amount = (request: SimulatedRequest) => number
const amounts: Record<"requests" | "input" | "output" | "total", Amount> = {
  requests: () => 1,
  input: ({ input }) => input,
  output: ({ output }) => output,
  total: ({ input, output }) => input + output,
}

function worstMinute(seen: readonly SimulatedRequest[], what: Amount): number {
  let [worst, sum, first] = [0, 0, 0]
  for (const request of seen) {
    sum += what(request)
    for (; (seen[first] as SimulatedRequest).time <= request.time - minute; first++)
      sum -= what(seen[first] as SimulatedRequest)
    worst = Math.max(worst, sum)
  }
  return worst
}

function perMinute(seen: readonly SimulatedRequest[], what: Amount, from: number, to: number): number {
  const inside = seen.filter(({ time }) => time >= from && time < to)
  return inside.reduce((sum, request) => sum + what(request), 0) / ((to - from) / minute)
}

describe("limits that are given", () => {
  it.each([
    ["requests", { rpm: 600 }, 600, "requests"],
    ["few requests", { rpm: 7 }, 7, "requests"],
    ["tokens together", { tpm: 120_000 }, 120_000, "total"],
    ["input tokens", { inputTpm: 60_000 }, 60_000, "input"],
    ["output tokens", { outputTpm: 50_000 }, 50_000, "output"],
    [
      "output tokens, beside others that do not bind",
      { outputTpm: 50_000, rpm: 6000, inputTpm: 1e6 },
      50_000,
      "output",
    ],
  ] as const)("of %s are used to 95 %% and held in every minute", (_, options, limit, name) =>
    runVirtual(async () => {
      const server = new SimulatedServer((_request, index) => ({
        status: 200,
        input: 60 + ((index * 31) % 40),
        output: 100 + ((index * 7919) % 200),
        latency: 500 + ((index * 37) % 2000),
      }))
      const run = new SimulatedRun(server, options)
      await run.send(bodies(), 10 * minute)
      const what = amounts[name]
      // The first answers teach how long answers are; before, the guess may be short of the truth.
      const settled = server.seen.filter(({ time }) => time >= minute)
      expect(worstMinute(settled, what)).toBeLessThanOrEqual(limit * 1.001)
      expect(worstMinute(server.seen, what)).toBeLessThanOrEqual(limit * 1.05)
      expect(perMinute(server.seen, what, 2 * minute, 10 * minute)).toBeGreaterThanOrEqual(limit * 0.95)
      expect(run.statistics.pauses).toBe(0)
    }),
  )

  it.each([
    ["is not counted by Anthropic's limits", "/v1/messages", 100],
    ["is counted by the others", "/v1/chat/completions", 5],
  ])("input that a cache had %s", (_, url, count) =>
    runVirtual(async () => {
      const usage = url.endsWith("messages")
        ? { input_tokens: 10, cache_read_input_tokens: 190, output_tokens: 1 }
        : { prompt_tokens: 200, prompt_tokens_details: { cached_tokens: 190 }, completion_tokens: 1 }
      const body = { type: "message", content: [], choices: [], usage }
      const server = new SimulatedServer(() => ({ status: 200, body, latency: 100 }))
      const run = new SimulatedRun(server, { concurrency: 1, inputTpm: 1000, burst: 60_000 })
      await run.send(
        bodies(() => ({ max_tokens: 5 })),
        20_000,
        url,
      )
      const first = server.seen.filter(({ time }) => time < 20_000).length
      // A guess before the first answer may cost a request or two.
      expect(first).toBeGreaterThanOrEqual(count * 0.9)
      expect(first).toBeLessThanOrEqual(count)
    }),
  )

  it("no minute's worth goes at once at the start", () =>
    runVirtual(async () => {
      const server = new SimulatedServer()
      await new SimulatedRun(server, { rpm: 6000, concurrency: 1000 }).send(bodies(), 1000)
      const first = server.seen.filter(({ time }) => time < 10).length
      expect(first).toBeLessThanOrEqual(101)
    }))

  it("are kept for each model alone: one that is used up does not keep the others waiting", () =>
    runVirtual(async () => {
      const server = new SimulatedServer(() => ({ status: 200, latency: 200 }))
      const options = { concurrency: 64, models: { small: { rpm: 60 }, large: { rpm: 600 } } }
      const models = ["small", ...Array.from({ length: 9 }, () => "large")]
      await new SimulatedRun(server, options).send(
        bodies((n) => ({ model: models[n % 10] })),
        5 * minute,
      )
      for (const [model, limit] of [
        ["small", 60],
        ["large", 600],
      ] as const) {
        const seen = server.seen.filter((request) => request.model === model)
        expect(worstMinute(seen, amounts.requests)).toBeLessThanOrEqual(limit)
        expect(perMinute(seen, amounts.requests, minute, 5 * minute)).toBeGreaterThanOrEqual(limit * 0.85)
      }
    }))

  it("what can never fit fails at once, with the limit and what was asked", () =>
    runVirtual(async () => {
      const server = new SimulatedServer()
      const run = new SimulatedRun(server, { tpm: 1000 })
      await run.send([
        { model: "m", max_tokens: 5000 },
        { model: "m", max_tokens: 100 },
      ])
      expect(now()).toBeLessThan(5000)
      expect(server.seen).toHaveLength(1)
      const [large] = run.outcomes.filter((outcome) => outcome?.final.kind === "unsent")
      expect(large).toMatchObject({
        last: null,
        attempts: [],
        final: { cause: "request_too_large_for_limit" },
      })
      expect(large?.final).toMatchObject({
        message: expect.stringMatching(/up to 1000 of `tokens`, got `50\d\d`/),
      })
    }))

  it("a failed request counts as a request, and its answer's tokens are free again", () =>
    runVirtual(async () => {
      const server = new SimulatedServer((_, index) =>
        index % 2 === 0
          ? { status: 500, latency: 100 }
          : { status: 200, input: 50, output: 400, latency: 100 },
      )
      const run = new SimulatedRun(server, { outputTpm: 40_000, rpm: 400 })
      await run.send(
        bodies(() => ({ max_tokens: 400 })),
        6 * minute,
      )
      expect(worstMinute(server.seen, amounts.requests)).toBeLessThanOrEqual(400)
      expect(worstMinute(server.seen, amounts.output)).toBeLessThanOrEqual(40_000)
    }))

  it("a model that waits for its limit leaves room for the others in the file", () =>
    runVirtual(async () => {
      const server = new SimulatedServer()
      const run = new SimulatedRun(server, { models: { slow: { rpm: 1 } }, concurrency: 4 })
      await run.send(
        Array.from({ length: 200 }, (_, n) => ({ model: n % 2 === 0 ? "slow" : "quick", messages: [] })),
      )
      const last = (model: string): number =>
        Math.max(...server.seen.filter((request) => request.model === model).map(({ time }) => time))
      expect(server.seen).toHaveLength(200)
      // 100 answers of a second each, four at a time.
      expect(last("quick")).toBeLessThan(40_000)
      expect(last("slow")).toBeGreaterThan(98 * minute)
    }))
})

describe("limits that are learnt", () => {
  const strict = (limit: number, headers: (left: number) => Record<string, string>) =>
    new SimulatedServer((request, _, server) => {
      const used = server.within(minute, request.model, ({ output }) => (output === 1 ? 1 : 0))
      const told = headers(Math.max(0, limit - used))
      if (used >= limit) return { status: 429, headers: { ...told, "retry-after": "1" }, latency: 50 }
      return { status: 200, output: 1, headers: told, latency: 300 }
    })

  it.each([
    ["OpenAI's", "x-ratelimit-limit-requests", "x-ratelimit-remaining-requests"],
    ["Anthropic's", "anthropic-ratelimit-requests-limit", "anthropic-ratelimit-requests-remaining"],
  ])("from %s headers are kept: no 429 in steady state", (_, limitName, leftName) =>
    runVirtual(async () => {
      const server = strict(600, (left) => ({ [limitName]: "600", [leftName]: String(left) }))
      const run = new SimulatedRun(server)
      await run.send(bodies(), 6 * minute)
      const refused = server.seen.filter(({ output, time }) => output === 0 && time > minute)
      expect(refused).toHaveLength(0)
      expect(perMinute(server.seen, amounts.output, 2 * minute, 6 * minute)).toBeGreaterThanOrEqual(570)
    }),
  )

  it("are not where limits were given, or nobody wants to learn", () =>
    runVirtual(async () => {
      for (const options of [{ rpm: 6000 }, { learnLimits: false }]) {
        const server = new SimulatedServer(() => ({
          status: 200,
          latency: 100,
          headers: { "x-ratelimit-limit-requests": "60" },
        }))
        const begun = now()
        await new SimulatedRun(server, options).send(bodies(), begun + minute)
        expect(server.seen.length).toBeGreaterThan(1000)
      }
    }))

  it.each([
    [{ "x-ratelimit-limit-requests": "-1" }, []],
    [{ "x-ratelimit-limit-tokens": "0", "x-ratelimit-remaining-tokens": "0" }, []],
    [{ "x-ratelimit-limit-requests": "12.5" }, []],
    [{ "x-ratelimit-limit-requests-usage-based": "5" }, []],
    [
      { "x-ratelimit-limit-tokens": "30000", "x-ratelimit-remaining-tokens": "29000" },
      [{ budget: "tokens", limit: 30_000, remaining: 29_000 }],
    ],
    [
      { "anthropic-ratelimit-output-tokens-limit": "8000" },
      [{ budget: "outputTokens", limit: 8000, remaining: null }],
    ],
  ])("headers that say %j", (headers: Record<string, string | undefined>, told) => {
    expect(readLimitHeaders({ get: (name) => headers[name] ?? null })).toEqual(told)
  })
})

describe("after a 429", () => {
  it("nobody is sent for as long as the server says, however long that is", () =>
    runVirtual(async () => {
      const server = new SimulatedServer((_, index) =>
        index === 30 ? { status: 429, headers: { "retry-after": "540" }, latency: 10 } : { status: 200 },
      )
      const run = new SimulatedRun(server, { concurrency: 20 })
      await run.send([...Array(100).keys()].map(() => ({ model: "m" })))
      const at = (server.seen[30] as SimulatedRequest).time + 10
      expect(server.seen.filter(({ time }) => time > at && time < at + 540_000)).toEqual([])
      expect(run.outcomes.every((outcome) => outcome?.final.kind === "done")).toBe(true)
      expect(run.statistics.pauses).toBe(1)
    }))

  it("those who waited come back one by one, and not as a herd", () =>
    runVirtual(async () => {
      let end = Infinity
      const server = new SimulatedServer((_, index) => {
        if (index >= 64) return { status: 200 }
        end = now() + 10 + 2000
        return { status: 429, headers: { "retry-after": "2" }, latency: 10 }
      })
      const run = new SimulatedRun(server, { concurrency: 64 })
      await run.send([...Array(300).keys()].map(() => ({ model: "m" })))
      const after = server.seen.slice(64).map(({ time }) => time - end)
      expect(Math.min(...after)).toBeGreaterThanOrEqual(0)
      for (let from = 0; from < 1500; from += 100)
        expect(after.filter((time) => time >= from && time < from + 100).length).toBeLessThanOrEqual(8)
      expect(run.outcomes).toHaveLength(300)
    }))

  it("a server that says nothing of its limit is found out: few refusals, and most of it used", () =>
    runVirtual(async () => {
      const limit = 20
      const server = new SimulatedServer((request, _, all) => {
        const used = all.within(1000, request.model, ({ output }) => output)
        return used >= limit ? { status: 429, latency: 20 } : { status: 200, output: 1, latency: 400 }
      })
      const run = new SimulatedRun(server)
      await run.send(bodies(), 10 * minute)
      const good = server.seen.filter(({ output }) => output === 1).length
      expect(good).toBe(run.outcomes.filter((outcome) => outcome?.final.kind === "done").length)
      expect((server.seen.length - good) / good).toBeLessThan(0.1)
      expect(perMinute(server.seen, amounts.output, minute, 10 * minute)).toBeGreaterThan(limit * 60 * 0.3)
    }))

  it("with a wait that is too long the lines stay open and the run ends, to be continued", () =>
    runVirtual(async () => {
      const server = new SimulatedServer((_, index) =>
        index < 5 ? { status: 200 } : { status: 429, headers: { "retry-after": "7200" } },
      )
      const run = new SimulatedRun(server, { concurrency: 2 })
      await run.send([...Array(50).keys()].map(() => ({ model: "m" })))
      expect(run.brake.stopped).toMatchObject({ reason: "rate-limit" })
      expect(run.brake.stopped?.message).toMatch(/wants no requests until \d{4}-/)
      expect(run.outcomes.filter((outcome) => outcome !== null)).toHaveLength(5)
      expect(server.seen.length).toBeLessThan(10)
      expect(now()).toBeLessThan(minute)
    }))

  it("one model that is parked does not keep the others", () =>
    runVirtual(async () => {
      const server = new SimulatedServer(({ model }) =>
        model === "a" ? { status: 429, headers: { "retry-after-ms": "1000000000" } } : { status: 200 },
      )
      const run = new SimulatedRun(server, { concurrency: 4 })
      await run.send([...Array(40).keys()].map((n) => ({ model: n % 2 === 1 ? "a" : "b" })))
      expect(run.outcomes.filter((outcome) => outcome?.final.kind === "done")).toHaveLength(20)
      expect(run.brake.stopped).toMatchObject({ reason: "rate-limit" })
    }))

  it('"slow down" halves the rate, and it grows back', () =>
    runVirtual(async () => {
      let slowed = 0
      const server = new SimulatedServer((_, index) => {
        if (index < 400 || slowed > 0) return { status: 200, latency: 500 }
        slowed = now()
        return { status: 503, body: { error: { code: "slow_down", message: "too quick" } }, latency: 10 }
      })
      await new SimulatedRun(server, { concurrency: 10 }).send(bodies(), 12 * minute)
      const before = perMinute(server.seen, amounts.requests, slowed - 15_000, slowed)
      const after = perMinute(server.seen, amounts.requests, slowed + 2000, slowed + 12_000)
      const later = perMinute(server.seen, amounts.requests, 11 * minute, 12 * minute)
      expect(after).toBeLessThan(before * 0.6)
      expect(after).toBeGreaterThan(before * 0.3)
      expect(later).toBeGreaterThan(before * 0.9)
    }))
})

describe("a server that is not there", () => {
  it("is given up soon if it never was, and little is tried", () =>
    runVirtual(async () => {
      const server = new SimulatedServer(() => ({ status: 0, isGone: true, latency: 1 }))
      const run = new SimulatedRun(server)
      await run.send([...Array(1000).keys()].map(() => ({ model: "m" })))
      expect(run.brake.stopped).toMatchObject({ reason: "unreachable" })
      expect(run.statistics.attempts).toBe(0)
      expect(server.seen.length).toBeLessThan(60)
      expect(now()).toBeLessThan(minute)
    }))

  it("is waited for if it had answered: ten minutes away lose no line", () =>
    runVirtual(async () => {
      const server = new SimulatedServer(({ time }) =>
        time > 5000 && time < 605_000
          ? { status: 0, isGone: true, latency: 1 }
          : { status: 200, latency: 300 },
      )
      const run = new SimulatedRun(server, { concurrency: 10 })
      await run.send([...Array(1000).keys()].map(() => ({ model: "m" })))
      expect(run.brake.stopped).toBeNull()
      expect(run.outcomes.filter((outcome) => outcome?.final.kind === "done")).toHaveLength(1000)
      expect(server.seen.length).toBeLessThan(1200)
    }))
})

describe("repetitions", () => {
  it("of a server that fails everything come one a second at last, and nobody is failed for it", () =>
    runVirtual(async () => {
      const server = new SimulatedServer(({ time }) => ({
        status: time < 10 * minute ? 500 : 200,
        latency: 50,
      }))
      const run = new SimulatedRun(server, { concurrency: 100, retries: 50 })
      await run.send([...Array(500).keys()].map(() => ({ model: "m" })))
      expect(run.outcomes.filter((outcome) => outcome?.final.kind === "done")).toHaveLength(500)
      expect(perMinute(server.seen, amounts.requests, 5 * minute, 9 * minute)).toBeLessThan(300)
    }))

  it("are paid for by successes: a fifth of them", () =>
    runVirtual(async () => {
      const budget = new RetryBudget()
      for (let n = 0; n < 100; n++) expect(budget.take()).toBe(0)
      expect(budget.take()).toBe(1000)
      expect(budget.take()).toBe(2000)
      for (let n = 0; n < 15; n++) budget.succeeded()
      expect(budget.take()).toBe(0)
      for (let n = 0; n < 500; n++) expect(budget.take()).toBeLessThanOrEqual(60_000)
    }))

  it("of requests that were sent and gave no answer are not made, if that is wanted", () =>
    runVirtual(async () => {
      const server = new SimulatedServer((_, index) => ({
        status: 200,
        ...(index === 0 ? { text: "{half" } : {}),
      }))
      const run = new SimulatedRun(server, { retryAfterSend: false })
      await run.send([{ model: "m" }])
      expect(run.outcomes).toMatchObject([{ final: { kind: "retry", code: "invalid_response" } }])
      expect(server.seen).toHaveLength(1)
    }))
})

describe("AdaptiveConcurrency", () => {
  function round(slots: RateSlots, adaptive: AdaptiveConcurrency): void {
    const { limit } = slots
    for (let n = 0; n < limit; n++) slots.take()
    for (let n = 0; n < limit; n++) adaptive.succeeded()
    for (let n = 0; n < limit; n++) slots.free()
  }

  it("doubles a round until the first 429, then grows by a twentieth; an episode takes once", () =>
    runVirtual(async () => {
      const slots = new RateSlots(20)
      const adaptive = new AdaptiveConcurrency(slots, 200)
      round(slots, adaptive)
      expect(slots.limit).toBe(40)
      round(slots, adaptive)
      expect(slots.limit).toBe(80)
      adaptive.limited(1000)
      adaptive.limited(1000)
      expect(slots.limit).toBe(40)
      round(slots, adaptive)
      expect(slots.limit).toBe(40)
      await sleep(17_001)
      round(slots, adaptive)
      expect(slots.limit).toBe(42)
      adaptive.limited(0)
      expect(slots.limit).toBe(33)
    }))

  it("stays within its bounds, and does not grow by what was not used", () =>
    runVirtual(async () => {
      const slots = new RateSlots(20)
      const adaptive = new AdaptiveConcurrency(slots, 30)
      for (let n = 0; n < 100; n++) adaptive.succeeded()
      expect(slots.limit).toBe(20)
      round(slots, adaptive)
      expect(slots.limit).toBe(30)
      for (let n = 0; n < 30; n++) {
        adaptive.limited(0)
        await sleep(16_000)
      }
      expect(slots.limit).toBe(4)
    }))

  it("is stopped in its growth by trouble of the server, and not shrunk", () =>
    runVirtual(async () => {
      const slots = new RateSlots(20)
      const adaptive = new AdaptiveConcurrency(slots, 100)
      adaptive.troubled()
      round(slots, adaptive)
      expect(slots.limit).toBe(20)
      await sleep(15_001)
      round(slots, adaptive)
      expect(slots.limit).toBe(40)
    }))
})

describe("TokenEstimate", () => {
  it("takes what the request allows for its answer, and else what nine of ten answers stayed below", () => {
    const estimate = new TokenEstimate()
    expect(estimate.of(itemOf({ model: "m", max_tokens: 77 })).output).toBe(77)
    expect(estimate.of(itemOf({ model: "m", max_tokens: 70, n: 3 })).output).toBe(210)
    expect(estimate.of(itemOf({ model: "m", max_completion_tokens: 5, max_tokens: 77 })).output).toBe(5)
    for (let n = 1; n <= 100; n++) estimate.learn(itemOf({ model: "m" }), { input: 3, output: n })
    expect(estimate.of(itemOf({ model: "m" })).output).toBe(91)
  })

  it("comes close to the true length of requests after twenty answers", () => {
    const estimate = new TokenEstimate()
    const item = itemOf({ model: "m", input: "x".repeat(1000) })
    for (let n = 0; n < 20; n++) estimate.learn(item, { input: 700, output: 1 })
    expect(estimate.of(item).input).toBeGreaterThan(690)
    expect(estimate.of(item).input).toBeLessThan(710)
  })
})
