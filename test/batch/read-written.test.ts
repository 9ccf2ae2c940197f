// Records as they stand in the output, read with and without the parser: both say the same.

import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { fingerprint } from "../../src/batch/fingerprint.ts"
import { openaiFormat, readRecord } from "../../src/batch/output-record.ts"
import { readWritten } from "../../src/batch/read-written.ts"

function written(customId: string, body: unknown, answer: { text?: string; run?: string } = {}): string {
  const { text = JSON.stringify(body), run = null } = answer
  const key = { customId, id: fingerprint(customId), request: 0xfedcba98 }
  const said = { status: 200, requestId: null, body: text, parsed: body }
  return openaiFormat.answer(key, said, run).slice(0, -1)
}

/** All that a record says, wherever it keeps it. */
function read(line: string): unknown {
  const record = readRecord(line)
  return record === null ? null : { ...record, body: record.body }
}

/** Spaces before a record make it one that has to be parsed. */
const parsed = (line: string): unknown => read(` ${line}`)

describe("readWritten()", () => {
  it("reads what was written, the body when somebody asks for it", () => {
    const record = readWritten(written("line-1", { text: 'Grüße, 世界 "quoted"', n: 1.5 }))
    expect(record).toMatchObject({
      customId: "line-1",
      request: 0xfedcba98,
      status: 200,
      body: { text: 'Grüße, 世界 "quoted"', n: 1.5 },
      errorCode: null,
      message: null,
      run: null,
    })
  })

  it("says what the parser says, whatever the id and the body", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", minLength: 1 }), fc.jsonValue(), (customId, body) => {
        const line = written(customId, JSON.parse(JSON.stringify(body)))
        expect(read(line)).toEqual(parsed(line))
        expect(parsed(line)).not.toBeNull()
      }),
    )
  })

  it("takes no record that was changed anywhere, unless the parser does and reads the same", () => {
    const line = written("line-1", { text: "the answer", list: [1, 2] })
    fc.assert(
      fc.property(
        fc.nat(line.length - 1),
        fc.nat(3),
        fc.constantFrom("", "0", "a", '"', "}", ",", " ", "\\", "\u0000"),
        (at, length, put) => {
          const changed = line.slice(0, at) + put + line.slice(at + length)
          expect(read(changed)).toEqual(parsed(changed))
        },
      ),
      { numRuns: 2000 },
    )
  })

  it.each([
    ["another form of the same body", written("a", { n: 1 }, { text: '{"n": 1.0}' })],
    ["metrics inside the record", written("a", { n: 1 }, { run: '{"line":1}' })],
    ["an id with an escape", written('a"b', { n: 1 })],
  ])("leaves %s to the parser, which takes it", (_, line) => {
    expect(readWritten(line)).toBeNull()
    expect(readRecord(line)).toMatchObject({ status: 200, body: { n: 1 } })
  })

  it("leaves a failure to the parser", () => {
    const key = { customId: "a", id: fingerprint("a"), request: 1 }
    expect(readWritten(openaiFormat.failure(key, "connection_error", "reset").slice(0, -1))).toBeNull()
  })
})
