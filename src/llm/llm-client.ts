// Questions to language models: whole answers, or token by token.
//
// The face of the room. A question becomes one HTTP request; connections, limits, repetition and
// cancel are those of `tsyncio/http`, the answer is read by `answer-stream.ts`. What must stay
// true: a stream that has begun is never repeated, and the key is only ever a header.
import { isCancelled } from "../core/index.ts"
import { clock } from "../core/lowlevel.ts"
import type { HttpStatistics, RefusedAnswer } from "../http/index.ts"
import { HttpClient, HttpStatusError } from "../http/index.ts"
import { AnswerStream } from "./answer-stream.ts"
import { environment, readApiKey, secretsIn } from "./api-key.ts"
import { countField, parsed } from "./fields.ts"
import type { LlmApi } from "./llm-api.ts"
import { llmApis } from "./llm-api.ts"
import type { LlmCompletion } from "./llm-completion.ts"
import { llmCompletion } from "./llm-completion.ts"
import type { LlmClientOptions, SplitLimits } from "./llm-options.ts"
import { checkOptions, splitLimits } from "./llm-options.ts"
import type { LlmOutcome } from "./llm-outcome.ts"
import { promptOf } from "./llm-outcome.ts"
import type { CheckedRequest, LlmRequest } from "./llm-request.ts"
import { checkMaxTokens, checkRequest } from "./llm-request.ts"
import { LlmStream } from "./llm-stream.ts"
import { isMoneyProblem } from "./money-problem.ts"
import { serverProblem } from "./server-problem.ts"

/**
 * Asks language models, on any server that speaks OpenAI's or Anthropic's language.
 *
 * An {@link HttpClient} that knows the words: connections are shared, who finds none free waits in line, a refusal that
 * will pass is repeated. For a file of requests use `tsyncio batch`, for other endpoints the `HttpClient` itself.
 *
 * **Cancellation.** Closes the connection of the question before the cancel is thrown; leaving a stream does so too.
 * **Fairness.** Questions get a connection in order of arrival.
 * **Pitfall.** What broke off after the model began is not repeated, since it may have been paid for: `LlmAnswerError`
 * and `LlmTimeoutError` carry what came.
 *
 * @param options.api - `"openai"` or `"anthropic"`. @default "openai"
 * @param options.baseUrl - Where the server is. @default the environment, else the hosted service
 * @param options.apiKey - The key; null for none. @default the environment
 * @param options.model - The model of requests that name none. @default none
 * @param options.connections - Questions on their way at once. @default 100
 * @param options.rateLimiter - Admits each attempt. @default none
 * @param options.retries - Repetitions after the first attempt, or a policy. @default 2
 * @param options.timeout - Milliseconds in total, or limits. @default 600000
 * @throws {TypeError} If an option is unknown or of the wrong kind.
 * @throws {RangeError} If a number is out of range.
 *
 * @example A question, and one whose failure is a value
 * ```ts no-run
 * await using client = new LlmClient({ baseUrl: "http://127.0.0.1:8080", model: "mock-small" })
 * const { content } = await client.complete({ prompt: "What is a coroutine?" })
 * const { error, latency } = await client.tryComplete({ prompt: "What is a semaphore?", timeout: 5_000 })
 * ```
 */
export class LlmClient implements AsyncDisposable {
  readonly #api: LlmApi
  readonly #http: HttpClient
  /** Path of every request, below the base URL; `#host` is that of the base URL. */
  readonly #path: string
  readonly #host: string
  readonly #defaults: { readonly model: string | undefined; readonly maxTokens: number | undefined }
  readonly #limits: SplitLimits
  /** What no error may show. */
  readonly #secrets: readonly string[]
  /** Set when the server has refused to count tokens in a stream: it is not asked again. */
  #refusesUsage = false

  constructor(options: LlmClientOptions = {}) {
    checkOptions(options)
    const api = llmApis[options.api ?? "openai"]
    const key = readApiKey(options.apiKey, api.keyVariable)
    const baseUrl = options.baseUrl ?? environment(api.baseVariable) ?? api.baseUrl
    this.#limits = splitLimits(options.timeout)
    const headers = { ...api.headers(key), ...options.headers }
    this.#http = new HttpClient({
      baseUrl,
      connections: options.connections,
      rateLimiter: options.rateLimiter,
      retries: {
        when: mayPass,
        ...(typeof options.retries === "object" ? options.retries : { retries: options.retries }),
      },
      timeout: this.#limits.http,
      headers,
      // A question that is sent elsewhere is not what was asked for.
      redirect: "manual",
    })
    const base = new URL(baseUrl)
    this.#api = api
    this.#path = api.path(base)
    this.#host = base.host
    this.#defaults = { model: options.model, maxTokens: checkMaxTokens(options.maxTokens) }
    this.#secrets = secretsIn(headers)
  }

  /**
   * Asks, and resolves with the whole answer.
   *
   * @throws {HttpStatusError} If the server refused, at the last attempt.
   * @throws {HttpConnectionError} If the connection failed before there was an answer.
   * @throws {HttpTimeoutError} If a limit ran out before there was an answer; {@link LlmTimeoutError} afterwards.
   * @throws {LlmAnswerError} If the answer broke off, reports a problem or makes no sense.
   * @throws {TypeError} If the request is none.
   */
  async complete(request: LlmRequest): Promise<LlmCompletion> {
    const checked = checkRequest(request, this.#defaults)
    const called = clock.now()
    const answer = await this.#send(checked, false)
    return llmCompletion(await answer.readAll(), answer.sentAt - called)
  }

  /**
   * Asks, and resolves with the outcome: the answer, or the error it failed with.
   *
   * Only cancels, an aborted `signal` and mistakes in the request itself are thrown.
   */
  async tryComplete(request: LlmRequest): Promise<LlmOutcome> {
    const prompt = promptOf(checkRequest(request, this.#defaults))
    const started = clock.now()
    try {
      const completion = await this.complete(request)
      return { prompt, content: completion.content, error: null, latency: completion.latency, completion }
    } catch (error) {
      if (isCancelled(error) || request.signal?.aborted === true) throw error
      const shown = error instanceof Error ? error : new Error(String(error))
      return { prompt, content: null, error: shown, latency: clock.now() - started, completion: null }
    }
  }

  /**
   * The answer token by token; the question is sent when the first is asked for.
   *
   * @throws {TypeError} If the request is none.
   */
  stream(request: LlmRequest): LlmStream {
    const checked = checkRequest(request, this.#defaults)
    return new LlmStream(() => this.#send(checked, true))
  }

  /** Ends all questions and resolves when no socket is left. */
  close(): Promise<void> {
    return this.#http.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  statistics(): HttpStatistics {
    return this.#http.statistics()
  }

  toString(): string {
    return String(this.#http).replace("HttpClient", "LlmClient")
  }

  async #send(request: CheckedRequest, isStream: boolean): Promise<AnswerStream> {
    const body = this.#api.body(request, isStream, this.#host)
    if (this.#refusesUsage) delete body["stream_options"]
    try {
      return await this.#post(request, body, isStream)
    } catch (error) {
      if (!("stream_options" in body) || request.body?.["stream_options"] !== undefined) throw error
      if (!(error instanceof HttpStatusError) || error.status !== 400) throw error
      if (!error.body.includes("stream_options")) throw error
      this.#refusesUsage = true
      delete body["stream_options"]
      return this.#post(request, body, isStream)
    }
  }

  async #post(
    request: CheckedRequest,
    json: Record<string, unknown>,
    isStream: boolean,
  ): Promise<AnswerStream> {
    const { http, firstToken, idle } = splitLimits(request.timeout, this.#limits)
    const response = await this.#http.post(this.#path, {
      json,
      timeout: isStream ? { headers: firstToken, ...http } : http,
      retries: request.retries,
      signal: request.signal,
      headers: isStream ? { accept: "text/event-stream", ...request.headers } : request.headers,
    })
    await response.orThrow()
    return new AnswerStream(response, {
      path: this.#path,
      streamed: isStream,
      choices: countField(json, "n", 1),
      firstToken: isStream ? firstToken : Infinity,
      idle,
      secrets: [...this.#secrets, ...secretsIn(request.headers ?? {})],
    })
  }
}

/** Whether a refusal may pass by itself; an account without credit stays one. */
function mayPass({ status, body }: RefusedAnswer): boolean {
  return !isMoneyProblem(status, serverProblem(parsed(body), "error"))
}
