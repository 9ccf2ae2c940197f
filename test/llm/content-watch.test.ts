import { describe, expect, it } from "vitest"
import { clock } from "../../src/core/lowlevel.ts"
import { sleep } from "../../src/index.ts"
import type { HttpResponse } from "../../src/http/index.ts"
import { HttpConnectionError, HttpHeaders } from "../../src/http/index.ts"
import { readCompletion } from "../../src/llm/index.ts"
import { ContentWatch } from "../../src/llm/content-watch.ts"
import { runVirtual } from "../../src/testing/index.ts"

const connection = {
  method: "POST",
  url: "u",
  attempts: 1,
  requestSent: true,
  phase: "body",
  reusedSocket: false,
} as const

/** An answer whose pieces come at times of the clock, counted from now; closing it breaks its body. */
function timed(pieces: AsyncIterable<string>): HttpResponse {
  let isClosed = false
  async function* body(): AsyncGenerator<Uint8Array> {
    for await (const piece of pieces) {
      if (isClosed) throw new HttpConnectionError("the response was closed", connection)
      yield Buffer.from(piece)
    }
  }
  const close = (): void => void (isClosed = true)
  const response = {
    headers: HttpHeaders.none,
    sentAt: clock.now(),
    body: body(),
    close,
    [Symbol.asyncDispose]: async () => close(),
  }
  return response as unknown as HttpResponse
}

async function* every(ms: number, ...texts: string[]): AsyncGenerator<string> {
  for (;;) {
    await sleep(ms)
    yield texts.shift() ?? ": keep-alive\n\nevent: ping\ndata: {}\n\n"
  }
}

/** A watch, and when it fired. */
function watched(): { watch: ContentWatch; fired: number[] } {
  const fired: number[] = []
  return { watch: new ContentWatch(() => fired.push(clock.now())), fired }
}

const token = 'data: {"choices":[{"index":0,"delta":{"content":"One"},"finish_reason":null}]}\n\n'
const last = 'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n'
const limits = { path: "/v1/chat/completions", firstToken: 60, idle: 40 }

describe("an answer on the virtual clock", () => {
  it("stalls after the limit on its first token, whatever else comes", () =>
    runVirtual(async () => {
      const start = clock.now()
      const error = await readCompletion(timed(every(7)), limits).catch((thrown: unknown) => thrown)
      expect(error).toMatchObject({ name: "LlmTimeoutError", phase: "firstToken", limit: 60 })
      expect(clock.now() - start).toBe(63)
    }))

  it("stalls after the limit between tokens, counted from the last token", () =>
    runVirtual(async () => {
      const start = clock.now()
      const pieces = every(30, token, token)
      const error = await readCompletion(timed(pieces), limits).catch((thrown: unknown) => thrown)
      expect(error).toMatchObject({ phase: "idle", limit: 40, content: "OneOne" })
      expect(clock.now() - start).toBe(120)
    }))

  it("that is complete waits two seconds for the last word, and is not timed by that", () =>
    runVirtual(async () => {
      const start = clock.now()
      const pieces = every(30, token, token, last)
      const { timing } = await readCompletion(timed(pieces), { ...limits, idle: 60_000 })
      expect(clock.now() - start).toBe(2_070)
      expect(timing).toEqual({ firstToken: 30, gaps: [30], total: 90 })
    }))

  it("that is over waits for the end of its body, shortly", () =>
    runVirtual(async () => {
      const start = clock.now()
      const { timing } = await readCompletion(timed(every(30, token, `${last}data: [DONE]\n\n`)), limits)
      expect(clock.now() - start).toBe(60 + 60)
      expect(timing).toEqual({ firstToken: 30, gaps: [], total: 60 })
    }))
})

describe("ContentWatch", () => {
  it("fires once when a wait is longer than its limit", () =>
    runVirtual(async () => {
      const { watch, fired } = watched()
      const start = clock.now()
      watch.begin(100)
      await sleep(99)
      expect(watch.hasFired).toBe(false)
      await sleep(500)
      expect(fired).toEqual([start + 100])
      watch.end()
    }))

  it("adds the waits up until content comes", () =>
    runVirtual(async () => {
      const { watch, fired } = watched()
      for (let round = 0; round < 3; round += 1) {
        watch.begin(100)
        await sleep(30)
        watch.end()
      }
      watch.begin(100)
      await sleep(11)
      expect(fired).toHaveLength(1)
      watch.end()
      watch.heardContent()
      watch.begin(100)
      await sleep(99)
      watch.end()
      expect(fired).toHaveLength(1)
    }))

  it("does not count the time between waits, and runs no timer then", () =>
    runVirtual(async () => {
      const { watch, fired } = watched()
      watch.begin(100)
      await sleep(90)
      watch.end()
      await sleep(10_000)
      watch.begin(100)
      await sleep(9)
      watch.end()
      expect(fired).toEqual([])
    }))

  it("has no timer at all without a limit", () =>
    runVirtual(async () => {
      const { watch, fired } = watched()
      watch.begin(Infinity)
      await sleep(1_000_000)
      watch.end()
      expect(fired).toEqual([])
    }))
})
