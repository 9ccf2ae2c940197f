// Which answer belongs to which request.
//
// The order of the checks is the hosted service's: key, path, method, body, model, limits; only
// then is time spent or a failure injected. What must stay true: a request that is refused by a
// check has taken nothing from the limits, and one that a limit refused has not waited.
import { cancellable } from "../core/index.ts"
import { sleep } from "../time/index.ts"
import {
  answerChat,
  chargedTokens,
  completionBody,
  embeddingBody,
  modelBody,
  modelsBody,
} from "./mock-answers.ts"
import { mockBatchRoute } from "./mock-batch-route.ts"
import type { MockExchange, StreamFailure } from "./mock-exchange.ts"
import { mockFileRoute } from "./mock-file-route.ts"
import { MESSAGES } from "./mock-form.ts"
import {
  badKey,
  injectedRateLimit,
  injectedServerError,
  overLimit,
  unknownModel,
  unknownPath,
  wrongMethod,
} from "./mock-problem.ts"
import { promptHash } from "./hash-text.ts"
import type { MockRequest } from "./mock-request.ts"
import { promptText, readChat, readEmbedding, readMessage } from "./mock-request.ts"
import { mockMessageBody, mockMessageStream } from "./mock-message.ts"
import { mockStream } from "./mock-stream.ts"

const MODELS = "/v1/models"
const FILES = "/v1/files"
const BATCHES = "/v1/batches"

/** Answers one request whose body is complete; the body of a request without one is empty. */
export async function mockRoute(exchange: MockExchange, path: string, body: string): Promise<void> {
  const method = exchange.request.method as string
  const { apiKey, models } = exchange.state.settings
  const { authorization, "x-api-key": bare } = exchange.request.headers
  if (apiKey !== null && authorization !== `Bearer ${apiKey}` && bare !== apiKey)
    return exchange.sendProblem(badKey(authorization === undefined && bare === undefined))

  if (path === MODELS || path.startsWith(`${MODELS}/`)) {
    if (method !== "GET") return exchange.sendProblem(wrongMethod(method, path, "GET"))
    if (path === MODELS) return exchange.sendJson(modelsBody(models))
    const name = path.slice(MODELS.length + 1)
    if (models !== null && !models.includes(name)) return exchange.sendProblem(unknownModel(name))
    return exchange.sendJson(JSON.stringify(modelBody(name)))
  }

  if (path === FILES || path.startsWith(`${FILES}/`)) {
    return mockFileRoute(exchange, method, path.slice(FILES.length), body)
  }
  if (path === BATCHES || path.startsWith(`${BATCHES}/`)) {
    return mockBatchRoute(exchange, method, path.slice(BATCHES.length), body)
  }

  const read = READERS[path]
  if (read === undefined) return exchange.sendProblem(unknownPath(method, path))
  if (method !== "POST") return exchange.sendProblem(wrongMethod(method, path, "POST"))
  const request = read(body)
  if ("status" in request) return exchange.sendProblem(request)
  if (models !== null && !models.includes(request.model))
    return exchange.sendProblem(unknownModel(request.model))
  await answerModelCall(exchange, request)
}

const READERS: { readonly [path: string]: typeof readChat | typeof readEmbedding | undefined } = {
  "/v1/chat/completions": readChat,
  [MESSAGES]: readMessage,
  "/v1/embeddings": readEmbedding,
}

async function answerModelCall(exchange: MockExchange, request: MockRequest): Promise<void> {
  const { settings, limits, statistics, drawFate } = exchange.state
  exchange.countPrompt(promptHash(promptText(request)))
  const fate = drawFate()
  const cost = chargedTokens(request)
  const refusal = limits.admit(cost)
  if (refusal !== null) {
    statistics.violation(refusal)
    return exchange.sendProblem(overLimit(request.model, refusal))
  }
  statistics.chargedTokens += cost
  if (fate !== "answer") statistics.injected(fate)
  const isStream = request.kind === "chat" && request.stream
  // A stream that shows signs of life does so before its first token as well.
  const isAlive = isStream && settings.keepAlive !== null
  if (settings.latency > 0 && !isAlive) await sleep(settings.latency)
  if (fate === "hang" || (fate === "stalled" && !isStream)) return cancellable(new Promise<void>(() => {}))
  if (fate === "rate-limited") return exchange.sendProblem(injectedRateLimit(settings.retryAfter))
  if (fate === "server-error" || (fate === "stream-error" && !isStream))
    return exchange.sendProblem(injectedServerError())
  if (fate === "reset") return exchange.reset()
  await sendAnswer(exchange, request, fate === "answer" ? null : fate, isAlive ? settings.latency : 0)
}

async function sendAnswer(
  exchange: MockExchange,
  request: MockRequest,
  spoil: StreamFailure | null,
  latency: number,
): Promise<void> {
  const { statistics } = exchange.state
  statistics.promptTokens += request.promptTokens
  let body: string
  if (request.kind === "chat") {
    const answer = answerChat(request)
    statistics.completionTokens += answer.usage.completion_tokens
    const isChat = request.form === "chat"
    if (request.stream) {
      const events = isChat ? mockStream(answer, request) : mockMessageStream(answer)
      return exchange.sendEvents(events, latency, spoil)
    }
    body = isChat ? completionBody(answer) : mockMessageBody(answer)
  } else body = embeddingBody(request)
  return spoil === "truncated" ? exchange.sendTruncatedJson(body) : exchange.sendJson(body)
}
