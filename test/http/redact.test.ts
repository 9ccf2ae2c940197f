import { describe, expect, it } from "vitest"
import { redactHeaders, redactUrl } from "../../src/http/index.ts"
import { redactText, secretsOf } from "../../src/http/redact.ts"

describe("redactHeaders()", () => {
  it.each([
    "authorization",
    "Authorization",
    "proxy-authorization",
    "api-key",
    "x-api-key",
    "X-Goog-Api-Key",
    "cookie",
    "set-cookie",
    "x-auth-token",
    "x-amz-security-token",
    "client-secret",
  ])("hides `%s`", (name) => {
    expect(redactHeaders({ [name]: "sk-1" })).toEqual({ [name]: "***" })
  })

  it.each([
    "accept",
    "content-type",
    "x-request-id",
    "keep-alive",
    "x-ratelimit-remaining-tokens",
    "retry-after",
  ])("shows `%s`", (name) => {
    expect(redactHeaders({ [name]: "value" })).toEqual({ [name]: "value" })
  })

  it("leaves its argument as it is", () => {
    const headers = { cookie: "a" }
    redactHeaders(headers)
    expect(headers.cookie).toBe("a")
  })
})

describe("redactUrl()", () => {
  it.each([
    ["https://host/a?key=sk-1", "https://host/a?key=***"],
    ["https://host/a?api_key=sk-1&b=2", "https://host/a?api_key=***&b=2"],
    ["https://host/a?b=2&api-key=sk-1#key=sk-2", "https://host/a?b=2&api-key=***#key=***"],
    [
      "https://host/?access_token=sk-1&X-Amz-Signature=sk-2",
      "https://host/?access_token=***&X-Amz-Signature=***",
    ],
    ["https://me:sk-1@host:80/a", "https://***@host:80/a"],
    ["https://me@host/a", "https://***@host/a"],
    ["https://me:sk-1@sk@host/a", "https://***@host/a"],
    ["https://host/a@b?c=d", "https://host/a@b?c=d"],
    ["https://host/monkey=1?monk=2&keyboard=3", "https://host/monkey=1?monk=2&keyboard=3"],
    ["not a url ?key=sk-1", "not a url ?key=***"],
    ["", ""],
  ])("%s", (url, shown) => {
    expect(redactUrl(url)).toBe(shown)
  })
})

describe("redactText()", () => {
  it("hides the keys that were sent, with and without their scheme", () => {
    const secrets = secretsOf([
      "accept",
      "text/plain",
      "authorization",
      "Bearer sk-123456",
      "x-api-key",
      "abcdef",
    ])
    expect(redactText("no such key: sk-123456, abcdef, text/plain", secrets)).toBe(
      "no such key: ***, ***, text/plain",
    )
    expect(redactText("Bearer sk-123456", secrets)).toBe("***")
  })

  it("leaves short words alone", () => {
    expect(redactText("a cat", secretsOf(["cookie", "a"]))).toBe("a cat")
  })
})
