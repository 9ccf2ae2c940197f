// A hosted batch, rehearsed with the official client: upload, create, poll, download.
import OpenAI, { APIError, NotFoundError, toFile } from "openai"
import { afterEach, describe, expect, it } from "vitest"
import type { MockOptions } from "../../src/cli/mock-options.ts"
import type { MockServer } from "../../src/cli/mock-server.ts"
import { startMockServer } from "../../src/cli/mock-server.ts"
import { readMultipart } from "../../src/cli/mock-multipart.ts"
import { chatBody, post } from "./mock-client.ts"

let server: MockServer | null = null

async function client(options: MockOptions = {}): Promise<OpenAI> {
  await server?.close()
  server = await startMockServer(options)
  return new OpenAI({ baseURL: `${server.url}/v1`, apiKey: "sk-test", maxRetries: 0 })
}

afterEach(async () => {
  await server?.close()
  server = null
})

const endpoint = "/v1/chat/completions"
const line = (id: string, prompt = `Question ${id}`, more: object = {}): object => ({
  custom_id: id,
  method: "POST",
  url: endpoint,
  body: chatBody(prompt),
  ...more,
})
const jsonl = (lines: readonly object[]): string => lines.map((one) => `${JSON.stringify(one)}\n`).join("")

async function handIn(openai: OpenAI, text: string, url: typeof endpoint = endpoint): Promise<OpenAI.Batch> {
  const file = await openai.files.create({
    file: await toFile(Buffer.from(text), "in.jsonl"),
    purpose: "batch",
  })
  return openai.batches.create({ input_file_id: file.id, endpoint: url, completion_window: "24h" })
}

async function ended(openai: OpenAI, { id }: OpenAI.Batch): Promise<OpenAI.Batch> {
  for (;;) {
    const batch = await openai.batches.retrieve(id)
    if (["completed", "failed", "cancelled"].includes(batch.status)) return batch
  }
}

async function records(openai: OpenAI, id: string | null | undefined): Promise<BatchRecord[]> {
  const text = await (await openai.files.content(id ?? "")).text()
  return text
    .trimEnd()
    .split("\n")
    .map((row) => JSON.parse(row) as BatchRecord)
}

interface BatchRecord {
  readonly id: string
  readonly custom_id: string
  readonly response: { readonly status_code: number; readonly request_id: string; readonly body: unknown }
  readonly error: null
}

describe("the openai package", () => {
  it("hands in a batch and gets each line's answer, the same as one by one", async () => {
    const openai = await client()
    const made = await handIn(openai, jsonl([line("a"), line("b", "Grüße 🌻")]))
    expect(made).toMatchObject({ object: "batch", status: "validating", endpoint, completion_window: "24h" })
    const batch = await ended(openai, made)
    expect(batch).toMatchObject({
      status: "completed",
      request_counts: { total: 2, completed: 2, failed: 0 },
      error_file_id: null,
      in_progress_at: expect.any(Number) as number,
      finalizing_at: expect.any(Number) as number,
      completed_at: expect.any(Number) as number,
    })
    const output = await records(openai, batch.output_file_id)
    const single = await post(server?.url ?? "", endpoint, chatBody("Grüße 🌻"))
    expect(output.map(({ custom_id: id, error }) => [id, error])).toEqual([
      ["a", null],
      ["b", null],
    ])
    expect(output[1]?.response).toMatchObject({ status_code: 200, body: single.json })
    expect(new Set(output.map(({ id }) => id)).size).toBe(2)
    const usage = await openai.files.retrieve(batch.output_file_id ?? "")
    expect(usage).toMatchObject({
      object: "file",
      purpose: "batch_output",
      filename: `${batch.id}_output.jsonl`,
    })
  })

  it("finds what could not be answered in the error file", async () => {
    const openai = await client({ models: ["mock-small"] })
    const other = line("b", "?", { body: chatBody("?", { model: "no-such-model" }) })
    const bad = line("c", "?", { body: { model: "mock-small", messages: [] } })
    const batch = await ended(openai, await handIn(openai, jsonl([line("a"), other, bad])))
    expect(batch).toMatchObject({
      status: "completed",
      request_counts: { total: 3, completed: 1, failed: 2 },
    })
    const errors = await records(openai, batch.error_file_id)
    expect(errors.map(({ custom_id: id, response }) => [id, response.status_code])).toEqual([
      ["b", 404],
      ["c", 400],
    ])
    expect(errors[0]?.response.body).toMatchObject({ error: { code: "model_not_found" } })
    const failing = await client({ failRate: 1 })
    const failed = await ended(failing, await handIn(failing, jsonl([line("a")])))
    expect(failed).toMatchObject({ output_file_id: null, request_counts: { failed: 1 } })
  })

  it("is told each bad line of an input, and nothing is answered", async () => {
    const openai = await client()
    const rows = [
      JSON.stringify(line("a")),
      "{oops",
      JSON.stringify(line("a")),
      JSON.stringify(line("d", "?", { url: "/v1/embeddings" })),
      JSON.stringify(line("e", "?", { method: "GET" })),
      JSON.stringify({ method: "POST", url: endpoint, body: {} }),
      JSON.stringify(line("f", "?", { body: chatBody("?", { stream: true }) })),
    ]
    const batch = await ended(openai, await handIn(openai, rows.join("\n")))
    expect(batch.status).toBe("failed")
    expect(batch.errors?.data?.map(({ line: number, code }) => [number, code])).toEqual([
      [2, "invalid_json_line"],
      [3, "duplicate_custom_id"],
      [4, "mismatched_url"],
      [5, "invalid_method"],
      [6, "missing_required_parameter"],
      [7, "invalid_request"],
    ])
    expect(batch.output_file_id).toBeNull()
    expect((await ended(openai, await handIn(openai, ""))).errors?.data?.[0]?.code).toBe("empty_file")
  })

  it("cancels a batch and keeps what was answered", async () => {
    const openai = await client({ batchTime: 2_000 })
    const lines = Array.from({ length: 100 }, (_, index) => line(String(index)))
    const made = await handIn(openai, jsonl(lines))
    let batch = made
    while ((batch.request_counts?.completed ?? 0) === 0) batch = await openai.batches.retrieve(made.id)
    expect(batch.status).toBe("in_progress")
    expect((await openai.batches.cancel(made.id)).status).toBe("cancelling")
    const over = await ended(openai, made)
    expect(over.status).toBe("cancelled")
    const output = await records(openai, over.output_file_id)
    expect(output).toHaveLength(over.request_counts?.completed ?? -1)
    expect(output.length).toBeLessThan(100)
  })

  it("lists batches page by page, and files; deletes files", async () => {
    const openai = await client()
    for (const id of ["a", "b", "c"]) await ended(openai, await handIn(openai, jsonl([line(id)])))
    const ids: string[] = []
    for await (const batch of openai.batches.list({ limit: 2 })) ids.push(batch.id)
    expect(ids).toEqual(["batch_000003", "batch_000002", "batch_000001"])
    const files = await openai.files.list()
    expect(files.data).toHaveLength(6)
    const [first] = files.data
    expect(await openai.files.delete(first?.id ?? "")).toMatchObject({ deleted: true })
    await expect(openai.files.retrieve(first?.id ?? "")).rejects.toBeInstanceOf(NotFoundError)
  })

  it("a batch that still runs ends with its server", async () => {
    const openai = await client({ batchTime: 60_000 })
    await handIn(openai, jsonl([line("a")]))
    await server?.close()
    expect(server?.stats().inFlight).toBe(0)
  })

  it("is refused what does not exist or cannot be", async () => {
    const openai = await client()
    const batch = { completion_window: "24h" as const, endpoint: endpoint as typeof endpoint }
    await expect(openai.batches.create({ ...batch, input_file_id: "file-9" })).rejects.toBeInstanceOf(
      NotFoundError,
    )
    await expect(openai.batches.retrieve("batch_9")).rejects.toBeInstanceOf(NotFoundError)
    const wrong = openai.batches.create({ ...batch, input_file_id: "file-9", endpoint: "/v1/moderations" })
    await expect(wrong).rejects.toMatchObject({ status: 400, param: "endpoint" })
    const text = await post(server?.url ?? "", "/v1/files", "no form")
    expect([text.status, text.json]).toMatchObject([400, { error: { param: "file" } }])
    await expect(openai.files.content("file-9")).rejects.toBeInstanceOf(APIError)
  })
})

describe("readMultipart()", () => {
  const type = "multipart/form-data; boundary=b1"
  const body = '--b1\r\nContent-Disposition: form-data; name="a"\r\n\r\none\r\n--b1--\r\n'

  it("reads fields and files as they are", () => {
    const file = 'Content-Disposition: form-data; name="file"; filename="x.jsonl"\r\nContent-Type: text/plain'
    const form = `--b1\r\n${file}\r\n\r\nline\r\n\r\n--b2\n\r\n${body}`
    expect(readMultipart(type, form)).toEqual([
      { name: "file", filename: "x.jsonl", text: "line\r\n\r\n--b2\n" },
      { name: "a", filename: null, text: "one" },
    ])
    expect(readMultipart('multipart/form-data; boundary="b1"', body)).toHaveLength(1)
  })

  it("refuses what is no form, or is cut", () => {
    expect(readMultipart(undefined, body)).toBeNull()
    expect(readMultipart("application/json", body)).toBeNull()
    expect(readMultipart(type, "")).toBeNull()
    for (let length = 0; length < body.length - 4; length += 1) {
      expect(readMultipart(type, body.slice(0, length)), String(length)).toBeNull()
    }
  })
})
