// Input lines: every shape that is accepted, and what is said of the others.

import { describe, expect, it } from "vitest"
import { PromptTemplate } from "../../src/batch/prompt-template.ts"
import type { Line } from "../../src/batch/read-lines.ts"
import {
  parseRequestLine,
  type InvalidLine,
  type RequestDefaults,
  type RequestItem,
} from "../../src/batch/request-line.ts"

function lineOf(content: unknown, problem: string | null = null): Line {
  const text = typeof content === "string" ? content : JSON.stringify(content)
  return { number: 7, start: 100, end: 200, text, problem, ended: true }
}

function parse(content: unknown, defaults: RequestDefaults = {}): RequestItem | InvalidLine {
  return parseRequestLine(lineOf(content), defaults)
}

function request(content: unknown, defaults: RequestDefaults = {}): RequestItem {
  const item = parse(content, defaults)
  if (item.kind !== "request") throw new Error(`invalid: ${item.message}`)
  return item
}

function body(content: unknown, defaults: RequestDefaults = {}): unknown {
  return JSON.parse(request(content, defaults).body ?? "null")
}

const user = (content: string): object => ({ role: "user", content })

describe("parseRequestLine()", () => {
  it("sends an OpenAI batch line as it stands", () => {
    const content = {
      custom_id: "a",
      method: "POST",
      url: "/v1/embeddings",
      body: { model: "m", input: ["x"] },
    }
    const item = request(content, { model: "other", maxOutputTokens: 5 })
    expect(item).toMatchObject({
      kind: "request",
      line: 7,
      end: 200,
      customId: "a",
      method: "POST",
      path: "/v1/embeddings",
    })
    expect(item.body).toBe('{"model":"m","input":["x"]}')
  })

  it("takes POST for a batch line without method, and other methods as given", () => {
    expect(request({ custom_id: "a", url: "/v1/x", body: {} }).method).toBe("POST")
    expect(request({ custom_id: "a", method: "get", url: "/v1/x", body: null })).toMatchObject({
      method: "GET",
      body: null,
    })
  })

  it("makes a chat request of {prompt} and of {messages}, with an id from the line number", () => {
    expect(request({ prompt: "Hi" })).toMatchObject({ customId: "line-7", path: "/v1/chat/completions" })
    expect(body({ prompt: "Hi", temperature: 0 }, { model: "m" })).toEqual({
      model: "m",
      messages: [user("Hi")],
      temperature: 0,
    })
    expect(body({ messages: [user("Hi")], custom_id: "x" }, { maxOutputTokens: 9 })).toEqual({
      model: "default",
      messages: [user("Hi")],
      max_tokens: 9,
    })
    expect(request({ messages: [], custom_id: "x" }).customId).toBe("x")
  })

  it("lets what a line says win over the command's defaults", () => {
    const defaults = { model: "default", maxOutputTokens: 9 }
    expect(body({ prompt: "Hi", model: "own", max_tokens: 1 }, defaults)).toMatchObject({
      model: "own",
      max_tokens: 1,
    })
    expect(body({ prompt: "Hi", max_completion_tokens: 1 }, defaults)).not.toHaveProperty("max_tokens")
  })

  it("leaves the cookbook's metadata out of a bare body", () => {
    expect(body({ model: "m", messages: [], metadata: { row: 1 } })).toEqual({ model: "m", messages: [] })
  })

  it("sends other bare bodies to the endpoint that was named", () => {
    const defaults = { endpoint: "/v1/embeddings", model: "e" }
    expect(request({ input: "x" }, defaults).path).toBe("/v1/embeddings")
    expect(body({ input: "x" }, defaults)).toEqual({ model: "e", input: "x" })
    expect(body({ prompt: "x" }, { endpoint: "/v1/completions" })).toEqual({ prompt: "x" })
  })

  it("fills a template from any object, and takes the custom_id if there is one", () => {
    const defaults = { template: new PromptTemplate("Q: {{question}}"), model: "m" }
    expect(body({ question: "Why?", body: 1 }, defaults)).toEqual({ model: "m", messages: [user("Q: Why?")] })
    expect(request({ question: "Why?", custom_id: "q" }, defaults).customId).toBe("q")
    expect(parse({ other: 1 }, defaults)).toMatchObject({
      kind: "invalid",
      message: expect.stringContaining("{{question}}"),
    })
  })

  it.each([
    ["{not json", "not JSON"],
    ["[1]", "no object"],
    ["null", "no object"],
    ['"text"', "no object"],
    [{ custom_id: 5, url: "/v1/x", body: {} }, "`custom_id` must be a text"],
    [{ custom_id: "", prompt: "x" }, "`custom_id` must be a text"],
    [{ url: "/v1/x", body: {} }, "`custom_id` is missing"],
    [{ custom_id: "a", url: "/v1/x", method: "BREW", body: {} }, "`method` must be one of"],
    [{ custom_id: "a", url: "/v1/x", method: 1, body: {} }, "`method` must be one of"],
    [{ custom_id: "a", body: {} }, "`url` is missing"],
    [{ custom_id: "a", url: "https://evil.example/v1/x", body: {} }, "without a host"],
    [{ custom_id: "a", url: "//evil.example/v1/x", body: {} }, "without a host"],
    [{ custom_id: "a", url: "/v1/x", body: "text" }, "`body` must be an object"],
    [{ custom_id: "a", url: "/v1/x", body: null }, "`body` must be an object"],
    [{ question: "Why?" }, "--prompt"],
    [{ input: "x", model: "m" }, "--prompt"],
  ])("says what is wrong with %j", (content, why) => {
    expect(parse(content)).toMatchObject({
      kind: "invalid",
      line: 7,
      end: 200,
      message: expect.stringContaining(why),
    })
  })

  it.each<[object, RequestDefaults, string]>([
    [{ custom_id: "a", url: "/v1/x", body: { stream: true } }, {}, "own"],
    [{ messages: [], stream: true }, { stream: true }, "own"],
    [{ messages: [], stream: false }, { stream: true }, "none"],
    [{ messages: [] }, { stream: true }, "added"],
    [{ messages: [] }, {}, "none"],
    [{ custom_id: "a", url: "/v1/responses?x=1", body: {} }, { stream: true }, "added"],
    [{ custom_id: "a", params: {} }, { stream: true }, "added"],
    [{ custom_id: "a", url: "/v1/embeddings", body: {} }, { stream: true }, "none"],
    [{ custom_id: "a", method: "PUT", url: "/v1/completions", body: {} }, { stream: true }, "none"],
  ])(
    "reads of %j with %j that its stream is %s, and is the same request without",
    (content, defaults, streaming) => {
      const item = parse(content, defaults)
      expect(item).toMatchObject({ streaming })
      const { request: plain } = parse(content) as RequestItem
      expect((item as RequestItem).request).toBe(plain)
    },
  )

  it("keeps the custom_id of a bad line if it could be read", () => {
    expect(parse({ custom_id: "a", body: {} })).toMatchObject({ kind: "invalid", customId: "a" })
    expect(parse("{")).toMatchObject({ kind: "invalid", customId: null })
  })

  it("passes on a problem of the line itself", () => {
    expect(parseRequestLine(lineOf("", "the line is not valid UTF-8"), {})).toMatchObject({
      kind: "invalid",
      message: "the line is not valid UTF-8",
    })
  })

  it("gives one fingerprint to one request, and another if anything that is sent differs", () => {
    const base = { custom_id: "a", method: "POST", url: "/v1/x", body: { n: 1 } }
    const print = request(base).request
    expect(request({ ...base, custom_id: "b" }).request).toBe(print)
    expect(request({ ...base, extra: 1 }).request).toBe(print)
    for (const other of [{ method: "PUT" }, { url: "/v1/y" }, { body: { n: 2 } }]) {
      expect(request({ ...base, ...other }).request).not.toBe(print)
    }
  })
})
