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
    "ocp-apim-subscription-key",
    "x-session-id",
    "x-auth",
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
    "idempotency-key",
    "access-control-allow-credentials",
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
    ["me:sk-1@host/a", "***@host/a"],
    ["//me:sk-1@host/a", "//***@host/a"],
    ["items@2/a", "items@2/a"],
    ["https://host/a?to=http://me:sk-1@other/b", "https://host/a?to=http://***@other/b"],
    [
      "https://host/a?to=http%3A%2F%2Fme%3Ask-1%40other%2Fb%3Ftoken%3Dsk-2&page=1",
      "https://host/a?to=http%3A%2F%2F***@other%2Fb%3Ftoken%3D***&page=1",
    ],
    ["/a:b@c", "/a:b@c"],
    ["", ""],
  ])("%s", (url, shown) => {
    expect(redactUrl(url)).toBe(shown)
  })
})

describe("redactText()", () => {
  const sent = (headers: string[], path = "/"): string[] => secretsOf({ headers, target: { path } })

  it("hides the keys that were sent, with and without their scheme", () => {
    const secrets = sent(["accept", "text/plain", "authorization", "Bearer sk-123456", "x-api-key", "abcdef"])
    expect(redactText("no such key: sk-123456, abcdef, text/plain", secrets)).toBe(
      "no such key: ***, ***, text/plain",
    )
    expect(redactText("Bearer sk-123456", secrets)).toBe("***")
  })

  it("hides a password, and keys of the query as sent and as meant", () => {
    const secrets = sent(
      ["authorization", `Basic ${Buffer.from("me:swordfish").toString("base64")}`],
      "/a?page=number2&api_key=sk%2D123456",
    )
    expect(redactText("me, swordfish: sk%2D123456 or sk-123456 of number2", secrets)).toBe(
      "me, ***: *** or *** of number2",
    )
  })

  it("leaves short words alone", () => {
    expect(redactText("a cat", sent(["cookie", "a"]))).toBe("a cat")
  })
})
