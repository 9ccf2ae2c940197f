// A budget that holds whatever comes: measured at the server, at every moment, with 200 requests on their way.

import { describe, expect, it } from "vitest"
import type { ModelPrice } from "../../src/batch/index.ts"
import { cancelScope } from "../../src/core/index.ts"
import { moveOnAfter, sleep } from "../../src/index.ts"
import { now, runVirtual } from "../../src/testing/index.ts"
import { itemOf, SimulatedRun, SimulatedServer, type SimulatedAnswer } from "./simulated-server.ts"

const price: ModelPrice = { model: "m", input: 2, output: 10 }
const prices = [price]
const limit = 100

const body = (n: number, more: object = {}): object => ({
  model: "m",
  max_tokens: limit,
  messages: [{ role: "user", content: `${n} ${"x".repeat((n * 13) % 400)}` }],
  ...more,
})
const bodies = (count: number, more: object = {}): object[] =>
  Array.from({ length: count }, (_, n) => body(n, more))

/** Any answer within what the request allows; the longest there can be now and then. */
const answer = (index: number): SimulatedAnswer => ({
  status: 200,
  input: 10 + ((index * 31) % 90),
  output: index % 7 === 0 ? limit : (index * 7919) % limit,
  latency: 200 + ((index * 37) % 900),
})

/** What the server bills, whether its answer arrived or not. */
function billed(server: SimulatedServer): { cost: number; tokens: number } {
  const sum = (of: "input" | "output"): number =>
    server.seen.reduce((total, request) => total + request[of], 0)
  const [input, output] = [sum("input"), sum("output")]
  return { cost: (input * price.input + output * price.output) / 1e6, tokens: input + output }
}

describe("a budget with 200 requests on their way", () => {
  it.each([
    ["of money", { maxCost: 1, maxTokens: Infinity }],
    ["of tokens", { maxCost: Infinity, maxTokens: 150_000 }],
    ["of both", { maxCost: 0.5, maxTokens: 150_000 }],
  ])("%s is never exceeded, and nearly used up", (_, budget) =>
    runVirtual(async () => {
      let worst = { cost: 0, tokens: 0 }
      const server = new SimulatedServer((_request, index, self) => {
        worst = billed(self)
        return answer(index)
      })
      const given = Object.fromEntries(Object.entries(budget).filter(([, most]) => most < Infinity))
      const run = new SimulatedRun(server, { concurrency: 200, prices, ...given })
      await run.send(bodies(2000))
      const spent = billed(server)
      expect(server.peak).toBe(200)
      for (const { cost, tokens } of [worst, spent]) {
        expect(cost).toBeLessThanOrEqual(budget.maxCost)
        expect(tokens).toBeLessThanOrEqual(budget.maxTokens)
      }
      const used = Math.max(spent.cost / budget.maxCost, spent.tokens / budget.maxTokens)
      expect(used).toBeGreaterThan(0.9)
      expect(run.brake.stopped).toMatchObject({
        reason: "budget",
        message: expect.stringContaining("does not cover line"),
      })
      const { cost } = run.statistics.snapshot()
      expect(cost.total).toBeCloseTo(spent.cost, 9)
      expect(cost.reserved).toBe(0)
      expect(cost.models).toMatchObject([{ model: "m", answers: server.seen.length, estimated: 0 }])
    }),
  )

  it("is not exceeded either when answers get lost after they were billed", () =>
    runVirtual(async () => {
      const maxCost = 0.6
      const server = new SimulatedServer((_request, index) => ({ ...answer(index), isLost: index % 5 === 0 }))
      const run = new SimulatedRun(server, { concurrency: 200, prices, maxCost })
      await run.send(bodies(2000))
      expect(billed(server).cost).toBeLessThanOrEqual(maxCost)
      expect(run.brake.stopped?.reason).toBe("budget")
      const { cost, maybeBilled } = run.statistics.snapshot()
      expect(maybeBilled).toBeGreaterThan(5)
      expect(cost.maybeBilled).toBeGreaterThan(0)
      // Kept apart: the sum is what was counted.
      expect(cost.total).toBeLessThan(billed(server).cost)
      expect((cost.total ?? 0) + (cost.maybeBilled ?? 0)).toBeLessThanOrEqual(maxCost)
    }))

  it("lets everybody through if it is enough, although not all fit at once", () =>
    runVirtual(async () => {
      // Worst cases of 200 at once would be some 0.3 dollars.
      const server = new SimulatedServer(() => ({ status: 200, input: 10, output: 1, latency: 500 }))
      const run = new SimulatedRun(server, { concurrency: 200, prices, maxCost: 0.03 })
      await run.send(bodies(400))
      expect(run.brake.stopped).toBeNull()
      expect(run.outcomes.map((outcome) => outcome?.final.kind)).toEqual(
        Array.from({ length: 400 }, () => "done"),
      )
      expect(server.peak).toBeLessThan(30)
    }))
})

describe("what was reserved", () => {
  it("is given back by refusals, repetitions reserve anew, and only answers are spent", () =>
    runVirtual(async () => {
      const server = new SimulatedServer((_request, index) => {
        if (index < 3) return { status: 500, latency: 100 }
        return index < 5 ? { status: 429, headers: { "retry-after": "1" }, latency: 100 } : answer(index)
      })
      const run = new SimulatedRun(server, { concurrency: 1, prices, maxCost: 0.0022 })
      await run.send([body(1)])
      expect(server.seen).toHaveLength(6)
      expect(run.brake.stopped).toBeNull()
      const { cost } = run.statistics.snapshot()
      expect(cost.total).toBeCloseTo(billed(server).cost, 12)
      expect(cost).toMatchObject({ maybeBilled: 0, reserved: 0 })
    }))

  it("is given back by a server that was never reached", () =>
    runVirtual(async () => {
      const server = new SimulatedServer((_request, index) =>
        index < 2 ? { status: 0, isGone: true } : answer(7),
      )
      const run = new SimulatedRun(server, { concurrency: 1, prices, maxCost: 0.0022 })
      await run.send([body(1)])
      expect(run.outcomes[0]?.final.kind).toBe("done")
      expect(run.statistics.snapshot().cost).toMatchObject({ maybeBilled: 0, reserved: 0 })
    }))

  it("is maybe billed after a cancel, and whoever waits for the budget leaves with nothing", () =>
    runVirtual(async () => {
      const server = new SimulatedServer(() => ({ status: 200, input: 1, output: 1, latency: 60_000 }))
      const run = new SimulatedRun(server, { concurrency: 10, prices, maxCost: 0.0022 })
      await cancelScope(async (scope) => {
        const sending = run.send(bodies(10))
        await moveOnAfter(1000, () => sleep(2000))
        expect(run.statistics.snapshot().cost.reserved).toBeGreaterThan(0)
        scope.cancel("enough")
        await sending
      })
      expect(server.seen).toHaveLength(1)
      const { cost } = run.statistics.snapshot()
      expect(cost).toMatchObject({ total: 0, reserved: 0 })
      expect(cost.maybeBilled).toBeGreaterThan(0)
    }))

  it("covers a body that is no JSON: the answer may have been billed", () =>
    runVirtual(async () => {
      const server = new SimulatedServer(() => ({ status: 200, text: "<html>", latency: 10 }))
      const run = new SimulatedRun(server, { concurrency: 1, prices, retries: 1 })
      await run.send([body(1)])
      const { cost } = run.statistics.snapshot()
      const worst = (Buffer.byteLength(itemOf(body(1)).body ?? "") * 2 + limit * 10) / 1e6
      expect(cost.maybeBilled).toBeCloseTo(worst * 2, 12)
      expect(cost.total).toBe(0)
    }))
})

describe("the end of a budget", () => {
  it("stops at a request that is too large for what is left, and begins nothing after it", () =>
    runVirtual(async () => {
      const server = new SimulatedServer(() => ({ status: 200, input: 50, output: 10, latency: 100 }))
      const run = new SimulatedRun(server, { concurrency: 1, prices, maxTokens: 5000 })
      await run.send([body(1), body(2, { max_tokens: 50_000 }), body(3)])
      expect(server.seen).toHaveLength(1)
      expect(run.outcomes.filter((outcome) => outcome?.final.kind === "done")).toHaveLength(1)
      expect(run.brake.stopped?.message).toMatch(
        /^The budget of 5000 tokens does not cover line 2, which may take 50\d\d\d \(.* maybe billed before$/,
      )
    }))

  it("says so if not even the first request fits", () =>
    runVirtual(async () => {
      const server = new SimulatedServer()
      const run = new SimulatedRun(server, { prices, maxCost: 0.0001 })
      await run.send(bodies(50))
      expect(server.seen).toHaveLength(0)
      expect(run.brake.stopped?.message).toMatch(
        /^The budget of \$0\.00010 does not cover line 1, which may take /,
      )
    }))

  it("comes at the first model without a price, before it is sent; a budget of tokens needs none", () =>
    runVirtual(async () => {
      const server = new SimulatedServer((_request, index) => answer(index))
      const run = new SimulatedRun(server, { concurrency: 1, prices, maxCost: 5 })
      await run.send([body(1), body(2, { model: "m-mini" }), body(3)])
      expect(server.seen.map(({ model }) => model)).toEqual(["m"])
      expect(run.brake.stopped).toMatchObject({
        reason: "price",
        message: expect.stringContaining('line 2 wants "m-mini"'),
      })
      const other = new SimulatedRun(server, { concurrency: 1, maxTokens: 5000 })
      await other.send([body(2, { model: "m-mini" })])
      expect(other.outcomes[0]?.final.kind).toBe("done")
    }))
})

describe("without a limit for the answer", () => {
  it("one is assumed and counted; a longer answer makes the next assumption longer, and the run only stops earlier", () =>
    runVirtual(async () => {
      const server = new SimulatedServer((_request, index) => ({
        status: 200,
        input: 10,
        output: index === 0 ? 9000 : 10,
        latency: 100,
      }))
      const run = new SimulatedRun(server, { concurrency: 1, prices, maxTokens: 12_000 })
      await run.send(bodies(5, { max_tokens: undefined }))
      expect(server.seen).toHaveLength(1)
      expect(run.brake.stopped?.message).toContain("18000 tokens out, assumed, since it sets no limit")
      expect(run.statistics.snapshot().cost.unlimited).toBe(1)
    }))

  it("embeddings have none to set", () =>
    runVirtual(async () => {
      const server = new SimulatedServer(() => ({ status: 200, input: 5, latency: 1 }))
      const run = new SimulatedRun(server, { concurrency: 1, prices, maxTokens: 100 })
      await run.send([{ model: "m", input: "x" }], Infinity, "/v1/embeddings")
      expect(server.seen).toHaveLength(1)
      expect(run.statistics.snapshot().cost.unlimited).toBe(0)
    }))
})

describe("the cost of a run", () => {
  it("is of all billed attempts, by model, with an unknown one unknown and the sum with it", () =>
    runVirtual(async () => {
      const server = new SimulatedServer((_request, index) => answer(index))
      const run = new SimulatedRun(server, { concurrency: 1, prices })
      await run.send([body(1), body(2, { model: "other" }), body(3, { model: "other" })])
      const { cost } = run.statistics.snapshot()
      expect(cost).toMatchObject({ total: null, unknownAnswers: 2, projected: null })
      expect(cost.known).toBeGreaterThan(0)
      expect(cost.models).toMatchObject([
        { model: "m", answers: 1, cost: cost.known },
        { model: "other", answers: 2, cost: null },
      ])
    }))

  it("of an answer without usage is estimated from its length, and marked", () =>
    runVirtual(async () => {
      const text = JSON.stringify({ choices: [{ message: { content: "y".repeat(200) } }] })
      const server = new SimulatedServer(() => ({ status: 200, text, latency: 1 }))
      const run = new SimulatedRun(server, { concurrency: 1, prices })
      await run.send([body(1)])
      const [outcome] = run.outcomes
      expect(outcome?.charges).toMatchObject([{ isEstimated: true }])
      const { cost } = run.statistics.snapshot()
      const [model] = cost.models
      expect(model).toMatchObject({
        answers: 1,
        estimated: 1,
        tokens: { output: Math.ceil(text.length / 4) },
      })
      expect(cost.total).toBeCloseTo(
        ((model?.tokens.input ?? 0) * 2 + (model?.tokens.output ?? 0) * 10) / 1e6,
        12,
      )
    }))

  it("no time passes for it: a run without a budget is as fast as ever", () =>
    runVirtual(async () => {
      const server = new SimulatedServer(() => ({ status: 200, input: 1, output: 1, latency: 1000 }))
      const run = new SimulatedRun(server, { concurrency: 200, prices })
      await run.send(bodies(200))
      expect(now()).toBeLessThan(1100)
      expect(server.peak).toBe(200)
    }))
})
