/**
 * Language models: whole answers and tokens as they come, from any server that speaks OpenAI's or Anthropic's language.
 *
 * Read llm-client, llm-stream, answer-stream; then the assemblers, which make an ordinary body of a stream, and
 * content-watch. Programs that send their requests themselves use {@link readCompletion}.
 *
 * @module
 */
export { LlmClient } from "./llm-client.ts"
export type { LlmClientOptions } from "./llm-options.ts"
export type { LlmApiName } from "./llm-api.ts"
export type { LlmMessage, LlmRequest, LlmTimeLimits, LlmTool } from "./llm-request.ts"
export type { LlmCompletion } from "./llm-completion.ts"
export type { CompletionParts, LlmToolCall } from "./completion-parts.ts"
export { completionParts } from "./completion-parts.ts"
export type { LlmUsage } from "./completion-usage.ts"
export { completionUsage } from "./completion-usage.ts"
export type { LlmOutcome } from "./llm-outcome.ts"
export { LlmStream } from "./llm-stream.ts"
export type { LlmDelta, LlmDeltaKind } from "./llm-delta.ts"
export type { LlmAnswerFault, LlmTimeoutPhase, PartialAnswer } from "./errors.ts"
export { LlmAnswerError, LlmTimeoutError } from "./errors.ts"
export { readCompletion } from "./read-completion.ts"
export type { AnswerOptions, ReadCompletion } from "./answer-stream.ts"
export type { StreamTiming } from "./stream-timing.ts"
export { isMoneyProblem } from "./money-problem.ts"
export type { ServerProblem } from "./server-problem.ts"
export { serverProblem } from "./server-problem.ts"
