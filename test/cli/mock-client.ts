// Plain requests for the tests of the mock server, by the platform's own fetch.

export interface PlainAnswer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly json: unknown
}

export async function post(
  url: string,
  path: string,
  body: unknown,
  headers: Record<string, string> = {},
  signal: AbortSignal | null = null,
): Promise<PlainAnswer> {
  const text = typeof body === "string" ? body : JSON.stringify(body)
  return read(await fetch(url + path, { method: "POST", body: text, headers, signal }))
}

export async function ask(url: string, path: string): Promise<PlainAnswer> {
  return read(await fetch(url + path))
}

async function read(response: Response): Promise<PlainAnswer> {
  const text = await response.text()
  return { status: response.status, headers: response.headers, text, json: JSON.parse(text) as unknown }
}

export function chatBody(prompt: string, more: Record<string, unknown> = {}): Record<string, unknown> {
  return { model: "mock-small", messages: [{ role: "user", content: prompt }], ...more }
}

/** Waits for something that another socket or process brings about, and leaves the processor to it. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1))
}
