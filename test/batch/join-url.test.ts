// Base and path: the version once, the host always the base's.

import { describe, expect, it } from "vitest"
import { isRelativePath, joinUrl, parseBaseUrl, requestUrl } from "../../src/batch/join-url.ts"

describe("joinUrl()", () => {
  it.each([
    ["https://api.example.com", "/v1/chat/completions", "https://api.example.com/v1/chat/completions"],
    ["https://api.example.com/", "/v1/chat/completions", "https://api.example.com/v1/chat/completions"],
    ["https://api.example.com/v1", "/v1/chat/completions", "https://api.example.com/v1/chat/completions"],
    ["https://api.example.com/v1/", "/v1/chat/completions", "https://api.example.com/v1/chat/completions"],
    ["https://api.example.com/v1", "/chat/completions", "https://api.example.com/v1/chat/completions"],
    ["https://h/api/v1", "/api/v1/embeddings", "https://h/api/v1/embeddings"],
    ["https://h/openai/v1beta", "/v1beta/models", "https://h/openai/v1beta/models"],
    ["https://h/v1", "/v2/chat", "https://h/v1/v2/chat"],
    ["https://h/chat", "/chat/completions", "https://h/chat/chat/completions"],
    [
      "https://h/deployments/x?api-version=2024",
      "/chat/completions",
      "https://h/deployments/x/chat/completions?api-version=2024",
    ],
    ["http://127.0.0.1:8080", "v1/models?limit=2", "http://127.0.0.1:8080/v1/models?limit=2"],
    ["http://h:1", "/../../etc", "http://h:1/etc"],
  ])("joins %s and %s", (base, path, expected) => {
    expect(joinUrl(parseBaseUrl(base), path)).toBe(expected)
  })

  it.each([
    "https://evil.example/v1",
    "//evil.example/v1",
    "\\\\evil.example/v1",
    "/\\evil.example",
    "http:evil.example",
    "javascript:alert(1)",
    "/v1 /x",
    "/v1#x",
    "",
  ])("refuses the path %j", (path) => {
    expect(isRelativePath(path)).toBe(false)
    expect(() => joinUrl(parseBaseUrl("http://h"), path)).toThrow(TypeError)
  })
})

describe("parseBaseUrl()", () => {
  it.each([
    ["localhost:8080", "must begin with http"],
    ["api.example.com/v1", "must begin with http"],
    ["ftp://host", "must begin with http"],
    ["http://", "not a valid URL"],
    ["https://user:secret@host", "environment variable"],
  ])("refuses %s", (text, why) => {
    expect(() => parseBaseUrl(text)).toThrow(why)
  })

  it("does not repeat a password in its message", () => {
    expect(() => parseBaseUrl("https://user:secret@host")).toThrow(/^(?!.*secret)/)
  })
})

describe("requestUrl()", () => {
  it("gives each line its own address, also where bases and paths take turns", () => {
    const [one, two] = [new URL("https://one/v1"), new URL("https://two/v1")]
    const asked: readonly (readonly [URL, string])[] = [
      [one, "/v1/chat"],
      [one, "/v1/chat"],
      [two, "/v1/chat"],
      [two, "https://three/x"],
      [one, "https://three/x"],
      [one, "/v1/chat"],
    ]
    expect(asked.map(([base, path]) => requestUrl(base, path))).toEqual([
      "https://one/v1/chat",
      "https://one/v1/chat",
      "https://two/v1/chat",
      "https://three/x",
      "https://three/x",
      "https://one/v1/chat",
    ])
  })
})
