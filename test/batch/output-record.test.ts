// Output and error lines, field by field, and read back.

import { describe, expect, it } from "vitest"
import { fingerprint } from "../../src/batch/fingerprint.ts"
import {
  anthropicFormat,
  bodyForRecord,
  isAnswer,
  openaiFormat,
  readRecord,
  type RecordKey,
} from "../../src/batch/output-record.ts"

const key: RecordKey = { customId: 'a "quoted" id', id: fingerprint('a "quoted" id'), request: 0x1234 }

const bodyOf = (parsed: object): { body: string; parsed: object } => ({
  body: JSON.stringify(parsed),
  parsed,
})

describe("openaiFormat.answer()", () => {
  it("writes the fields of the batch format in their order, on one line", () => {
    const line = openaiFormat.answer(key, { status: 200, requestId: "req-1", ...bodyOf({ choices: [] }) })
    expect(line.endsWith("}\n")).toBe(true)
    expect(line.slice(0, -1)).not.toContain("\n")
    const record: unknown = JSON.parse(line)
    expect(record).toEqual({
      id: expect.stringMatching(/^batch_req_[0-9a-f]{32}$/),
      custom_id: 'a "quoted" id',
      response: { status_code: 200, request_id: "req-1", body: { choices: [] } },
      error: null,
    })
    expect(Object.keys(record as object)).toEqual(["id", "custom_id", "response", "error"])
  })

  it("is the same text for the same request, and gives a request id if the server sent none", () => {
    const answer = { status: 200, requestId: null, ...bodyOf({}) }
    expect(openaiFormat.answer(key, answer)).toBe(openaiFormat.answer({ ...key }, answer))
    expect(JSON.parse(openaiFormat.answer(key, answer))).toMatchObject({
      response: { request_id: expect.stringMatching(/^req_[0-9a-f]{24}$/) },
    })
  })

  it("writes a final HTTP error with its status and body and no `error`", () => {
    const line = openaiFormat.answer(key, {
      status: 400,
      requestId: "r",
      ...bodyOf({ error: { message: "no" } }),
    })
    expect(JSON.parse(line)).toMatchObject({
      response: { status_code: 400, body: { error: { message: "no" } } },
      error: null,
    })
  })
})

describe("openaiFormat.failure()", () => {
  it("writes `error` and a null response", () => {
    expect(JSON.parse(openaiFormat.failure(key, "request_timeout", "took too long"))).toMatchObject({
      custom_id: key.customId,
      response: null,
      error: { code: "request_timeout", message: "took too long" },
    })
  })
})

describe("openaiFormat.invalid()", () => {
  it("carries the line number, and an id made of it where the line had none", () => {
    expect(JSON.parse(openaiFormat.invalid(12, null, "the line is not JSON"))).toMatchObject({
      custom_id: "line-12",
      response: null,
      error: { code: "invalid_input", message: "line 12: the line is not JSON", line: 12 },
    })
    expect(JSON.parse(openaiFormat.invalid(12, "x", "bad"))).toMatchObject({ custom_id: "x" })
  })
})

describe("bodyForRecord()", () => {
  it("keeps a body on one line as it came, so large numbers stay exact", () => {
    const text = ' {"seed":12345678901234567890} '
    expect(bodyForRecord(text, JSON.parse(text))).toBe('{"seed":12345678901234567890}')
  })

  it("puts a body with line breaks on one line", () => {
    expect(bodyForRecord('{\r\n  "a": 1\n}', { a: 1 })).toBe('{"a":1}')
  })

  it("makes an error object of a body that is no JSON", () => {
    expect(JSON.parse(bodyForRecord("<html>\n502", undefined))).toEqual({
      error: { message: "<html>\n502", type: "non_json_response", param: null, code: null },
    })
  })
})

describe("readRecord()", () => {
  it.each([
    ["openai", openaiFormat],
    ["anthropic", anthropicFormat],
  ])("knows a line of %s that was made of two, whoever set its spaces anew", (_, format) => {
    const other = { ...key, customId: "b", id: fingerprint("b") }
    const one = format.answer(key, { status: 200, requestId: "r", ...bodyOf({ text: "first", n: 1 }) })
    const two = format.answer(other, { status: 200, requestId: "r", ...bodyOf({ text: "second", n: 1 }) })
    const glued = one.slice(0, one.indexOf("first")) + two.slice(two.indexOf("second"))
    expect(() => JSON.parse(glued)).not.toThrow()
    expect(readRecord(glued)).toBeNull()
    expect(readRecord(one.replace(JSON.stringify(key.customId), '"b"'))).toBeNull()
    expect(readRecord(JSON.stringify(JSON.parse(one), null, 2))).toMatchObject({ customId: key.customId })
  })

  it("reads our own lines back", () => {
    const answer = readRecord(openaiFormat.answer(key, { status: 200, requestId: null, ...bodyOf({ a: 1 }) }))
    expect(answer).toEqual({
      customId: key.customId,
      request: 0x1234,
      status: 200,
      body: { a: 1 },
      errorCode: null,
      message: null,
      run: null,
    })
    const failure = readRecord(openaiFormat.failure(key, "connection_error", "reset"))
    expect(failure).toMatchObject({ request: 0x1234, status: null, errorCode: "connection_error" })
  })

  it("reads records that other tools write", () => {
    const hosted = {
      id: "batch_req_wnaDys",
      custom_id: "r",
      response: { status_code: 200, body: {} },
      error: null,
    }
    expect(readRecord(JSON.stringify(hosted))).toMatchObject({ customId: "r", request: null, status: 200 })
    const vllm = { custom_id: "r", response: { status_code: 400, body: null }, error: "bad request" }
    expect(readRecord(JSON.stringify(vllm))).toMatchObject({ status: 400, errorCode: "unknown" })
  })

  it.each(["", "{", "[]", "{}", '{"custom_id":1,"response":null}', '{"custom_id":"a"}', "null"])(
    "sees that %j is no record",
    (text) => {
      expect(readRecord(text)).toBeNull()
    },
  )

  it("takes only a 2xx without an error for an answer", () => {
    const read = (response: object | null, error: unknown): boolean => {
      const record = readRecord(JSON.stringify({ custom_id: "a", response, error }))
      return record !== null && isAnswer(record)
    }
    expect(read({ status_code: 200, body: {} }, null)).toBe(true)
    expect(read({ status_code: 200, body: null }, { code: "x" })).toBe(false)
    expect(read({ status_code: 500, body: {} }, null)).toBe(false)
    expect(read(null, { code: "x" })).toBe(false)
  })
})
