/**
 * `tsyncio/batch`: a file of requests in, a file of answers out, and nothing asked twice once it is answered.
 *
 * Everything the command `tsyncio batch` does, as a library. Read {@link runBatch} first, then
 * {@link BatchOptions} for what it can be told, {@link BatchResult} and {@link BatchEvent} for what it tells,
 * {@link BatchSummary} for how it ends, and {@link BatchReport} for all figures of it.
 *
 * ```ts no-run
 * const summary = await runBatch({ input: "in.jsonl", output: "out.jsonl", baseUrl }).finish()
 * ```
 *
 * @module
 */

export type { BatchCost } from "./batch-cost.ts"
export type { ModelCost } from "./batch-cost.ts"
export type { AttemptNote } from "./batch-event.ts"
export type { BatchEvent } from "./batch-event.ts"
export type { BatchResult } from "./batch-event.ts"
export type { StopReason } from "./batch-event.ts"
export { BatchFigures } from "./batch-figures.ts"
export type { BatchOptions } from "./batch-options.ts"
export type { MinuteLimits } from "./batch-options.ts"
export type { BatchSettings } from "./batch-settings.ts"
export type { ModelBounds } from "./batch-settings.ts"
export type { ModelPrice } from "./model-price.ts"
export type { TokenPrices } from "./model-price.ts"
export { priceList } from "./price-list.ts"
export { readPrices } from "./read-prices.ts"
export type { BatchPace } from "./batch-pace.ts"
export { BatchRefusedError } from "./batch-refused-error.ts"
export type { BatchRefusal } from "./batch-refused-error.ts"
export type { Bottleneck } from "./bottleneck.ts"
export type { LimitUse } from "./bottleneck.ts"
export type { BatchReport } from "./batch-report.ts"
export type { ReportCause } from "./batch-report.ts"
export type { ReportCost } from "./batch-report.ts"
export type { ReportCounts } from "./batch-report.ts"
export type { ReportModel } from "./batch-report.ts"
export type { ReportTimeline } from "./batch-report.ts"
export type { ReportTimes } from "./batch-report.ts"
export type { SlowLine } from "./batch-report.ts"
export type { BatchSnapshot } from "./batch-statistics.ts"
export type { BatchSummary } from "./batch-statistics.ts"
export type { Percentiles } from "./batch-statistics.ts"
export type { InputStream } from "./input-source.ts"
export { previewBatch } from "./preview-batch.ts"
export type { BatchPreview } from "./preview-batch.ts"
export type { Durability } from "./output-file.ts"
export { readBatchReport } from "./read-batch-report.ts"
export type { ReportFiles } from "./read-batch-report.ts"
export type { OutputStream } from "./record-sink.ts"
export { BatchRun } from "./run-batch.ts"
export { runBatch } from "./run-batch.ts"
export type { RequestDefaults } from "./request-line.ts"
export { validateBatch } from "./validate-batch.ts"
export type { BatchValidation } from "./validate-batch.ts"
export type { LineFault } from "./validate-batch.ts"
export type { ValidateOptions } from "./validate-batch.ts"
