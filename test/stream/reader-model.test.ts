// Random feeds and reads against a reader that is one string.
import fc from "fast-check"
import { expect, it } from "vitest"
import { IncompleteReadError, LimitOverrunError, StreamReader } from "../../src/stream/index.ts"
import { bytes, text } from "./bytes-text.ts"

type Step =
  | { readonly kind: "feed"; readonly data: string }
  | { readonly kind: "read"; readonly n: number }
  | { readonly kind: "exactly"; readonly n: number }
  | { readonly kind: "until"; readonly separators: readonly string[] }
  | { readonly kind: "line" }

const letters = fc.string({ unit: fc.constantFrom("a", "b", "\n"), maxLength: 12 })
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: letters.map((data): Step => ({ kind: "feed", data })) },
  fc.nat(15).map((n): Step => ({ kind: "read", n })),
  fc.nat(15).map((n): Step => ({ kind: "exactly", n })),
  fc
    .array(fc.string({ unit: fc.constantFrom("a", "b", "\n"), minLength: 1, maxLength: 5 }), {
      minLength: 1,
      maxLength: 3,
    })
    .map((separators): Step => ({ kind: "until", separators })),
  fc.constant<Step>({ kind: "line" }),
)

interface Model {
  buffer: string
  readonly limit: number
}

/** What the step gives by the model, once the end was fed in if `isEof`; null where it would wait. */
function expected(model: Model, one: Exclude<Step, { kind: "feed" }>, isEof: boolean): string | null {
  const take = (count: number): string => {
    const taken = model.buffer.slice(0, count)
    model.buffer = model.buffer.slice(count)
    return taken
  }
  if (one.kind === "read") return model.buffer === "" && one.n > 0 && !isEof ? null : take(one.n)
  if (one.kind === "exactly") {
    if (model.buffer.length >= one.n) return take(one.n)
    return isEof ? `incomplete ${take(Infinity)}` : null
  }
  const separators = one.kind === "line" ? ["\n"] : one.separators.toSorted((a, b) => a.length - b.length)
  const longest = Math.max(...separators.map((separator) => separator.length))
  let found: { start: number; end: number } | null = null
  for (const separator of separators) {
    const start = model.buffer.indexOf(separator)
    if (start >= 0 && (found === null || start + separator.length < found.end))
      found = { start, end: start + separator.length }
  }
  const without = Math.max(0, model.buffer.length + 1 - longest)
  if (found !== null && found.start <= model.limit) return take(found.end)
  if (found !== null || without > model.limit) {
    if (one.kind === "line") take(found === null ? Infinity : found.end)
    return `overrun ${one.kind === "line" ? "line" : (found?.start ?? without)}`
  }
  if (!isEof) return null
  return one.kind === "line" ? take(Infinity) : `incomplete ${take(Infinity)}`
}

function start(reader: StreamReader, one: Exclude<Step, { kind: "feed" }>): Promise<string> {
  const read = (): Promise<Uint8Array> => {
    if (one.kind === "read") return reader.read(one.n)
    if (one.kind === "exactly") return reader.readExactly(one.n)
    return one.kind === "line" ? reader.readLine() : reader.readUntil(one.separators)
  }
  return read().then(text, (error: unknown) => {
    if (error instanceof IncompleteReadError) return `incomplete ${text(error.partial)}`
    if (error instanceof LimitOverrunError) return `overrun ${error.consumed}`
    if (error instanceof RangeError) return "overrun line"
    throw error
  })
}

it("whatever is fed in whichever pieces, each read gives what it would give of the whole", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 40 }),
      fc.integer({ min: 1, max: 10 }),
      async (steps, limit) => {
        const model: Model = { buffer: "", limit }
        const reader = new StreamReader({ limit })
        let waiting: { step: Exclude<Step, { kind: "feed" }>; promise: Promise<string> } | null = null
        const settle = async (isEof: boolean): Promise<void> => {
          if (waiting === null) return
          const outcome = expected(model, waiting.step, isEof)
          if (outcome === null) return
          expect(await waiting.promise).toBe(outcome)
          waiting = null
        }
        for (const one of steps) {
          if (one.kind === "feed") {
            reader.feedData(bytes(one.data))
            model.buffer += one.data
          } else if (waiting === null) waiting = { step: one, promise: start(reader, one) }
          await settle(false)
          expect(reader.statistics().buffered).toBe(model.buffer.length)
        }
        reader.feedEof()
        await settle(true)
        expect(text(await reader.read())).toBe(model.buffer)
      },
    ),
    { numRuns: 2_000 },
  )
})

it("200,000 chunks of one byte, and a line of as many pieces, take time that grows with their number alone", async () => {
  const reader = new StreamReader({ limit: 20_000_000 })
  const line = reader.readLine()
  const piece = bytes("x".repeat(10))
  for (let i = 0; i < 200_000; i += 1) reader.feedData(piece)
  reader.feedData(bytes("\n"))
  expect((await line).length).toBe(2_000_001)
  const until = reader.readUntil("--end--")
  const one = bytes("-")
  for (let i = 0; i < 200_000; i += 1) reader.feedData(one)
  reader.feedData(bytes("-end--"))
  expect((await until).length).toBe(200_006)
}, 5_000)
