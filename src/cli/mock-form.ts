// The two languages of the mock: OpenAI's (`chat`) and Anthropic's (`message`).
//
// The path of a request decides, before anything else of it is read, so that also a refusal is in the
// right words.

/** Whose words an exchange uses. */
export type MockForm = "chat" | "message"

/** Path of Anthropic's messages; all others are OpenAI's. */
export const MESSAGES = "/v1/messages"

export function mockForm(path: string): MockForm {
  return path.startsWith(MESSAGES) ? "message" : "chat"
}
