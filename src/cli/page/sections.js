// The parts of the page, from the top to the bottom. Each takes the report and gives elements; what is not known is
// left out or said in words, and is never a zero.

import { brief, count, counted, dollars, duration, durationText, h, moment, percent } from "./texts.js"

/** @typedef {import("../../batch/batch-report.ts").BatchReport} BatchReport */
/** @typedef {import("../../batch/batch-report.ts").ReportCause} ReportCause */

/** The line with the name and the state. @param {BatchReport} report @param {{ word: string, kind: string }} state */
export function headOf(report, state) {
  const { timeline, elapsed, madeAt, isRunning } = report
  const times = []
  if (timeline !== null) times.push(`Began ${moment(timeline.begins)}`)
  if (elapsed !== null) times.push(`${isRunning ? "at work for" : "at work"} ${durationText(elapsed)}`)
  times.push(`${isRunning ? "as of" : "report of"} ${moment(madeAt)}`)
  return [
    h("div", "title", h("h1", "", report.name), h("span", `state ${state.kind}`, state.word)),
    h("p", "when", times.join(" · ")),
  ]
}

/** Where the lines are: a bar, and a sum that comes out. @param {BatchReport} report */
export function countsOf({ counts }) {
  const { succeeded, failed, invalid, open, total } = counts
  const recorded = succeeded + failed + invalid
  const whole = recorded + (open ?? 0)
  const parts = /** @type {[string, string, number][]} */ ([
    ["succeeded", "answered", succeeded],
    ["failed", "failed", failed],
    ["invalid", "no request", invalid],
    ["open", "open", open ?? 0],
  ])
  const bar = h("div", "share")
  const sum = h("div", "sum")
  for (const [kind, name, value] of parts) {
    if (value > 0) {
      const piece = h("span", kind)
      piece.style.flexGrow = String(value)
      bar.append(piece)
    }
    if (value === 0 && (kind === "invalid" || (kind === "open" && open === null))) continue
    sum.append(h("span", `dot ${kind}`, h("b", "", count(value)), `${name}, ${percent(value, whole)}`))
  }
  const all =
    total === null ? `${counted(recorded, "line")} with a record` : `${counted(whole, "line")} in the input`
  sum.append(h("span", "total", "= ", h("b", "", all.split(" ")[0] ?? ""), all.slice(all.indexOf(" ") + 1)))
  return [bar, sum]
}

/** @param {string} name @param {string} value @param {string} unit @param {string} more */
function figure(name, value, unit, more) {
  const shown = h("div", "value", value, unit === "" ? null : h("span", "unit", unit))
  return h("div", "figure", h("div", "name", name), shown, h("div", "more", more))
}

/** The figures one looks for first. @param {BatchReport} report */
export function figuresOf({
  elapsed,
  latency,
  firstToken,
  attempts,
  tokens,
  cost,
  projectedCost,
  inFlight,
  counts,
}) {
  const found = []
  const seconds = (elapsed ?? 0) / 1000
  if (latency !== null && seconds > 0) {
    const answered = `${counted(latency.count, "answer")} in ${durationText(elapsed ?? 0)}`
    found.push(figure("Throughput", brief(latency.count / seconds), "answers/s", answered))
  }
  if (latency !== null) {
    found.push(figure("Latency, median", ...duration(latency.p50), `p99 ${durationText(latency.p99)}`))
  }
  if (firstToken !== null) {
    const rest = `p99 ${durationText(firstToken.p99)}`
    found.push(figure("First token, median", ...duration(firstToken.p50), rest))
  }
  if (attempts !== null) {
    const repeated =
      attempts.repeated === 0 ? "none repeated" : `${count(attempts.repeated)} of them repeated`
    const flying = inFlight === null ? repeated : `${count(inFlight)} in flight, ${repeated}`
    found.push(figure("Requests sent", count(attempts.sent), "", flying))
  }
  if (tokens !== null) {
    const split = `${brief(tokens.input)} in, ${brief(tokens.output)} out`
    found.push(figure("Tokens", brief(tokens.input + tokens.output), "", split))
  }
  if (cost !== null) {
    const isUnknown = cost.unknown > 0 && cost.known === 0
    const sum = cost.unknown > 0 ? `≥ ${dollars(cost.known)}` : dollars(cost.known)
    const rest =
      cost.unknown === 0
        ? projectedCost === null
          ? perAnswer(cost.known, counts.succeeded)
          : `about ${dollars(projectedCost)} at the end`
        : `${counted(cost.unknown, "line")} of unknown cost`
    found.push(figure("Cost", isUnknown ? "unknown" : sum, "", rest))
  }
  return found
}

/** @param {number} known @param {number} answers */
function perAnswer(known, answers) {
  return answers === 0 ? "" : `${dollars((known / answers) * 1000)} per 1,000 answers`
}

/**
 * A table; the head of a column says how it is laid out: "number", "wide" for what a phone leaves out.
 *
 * @param {[string, string][]} heads name and class of each column
 * @param {(Node | string)[][]} rows
 */
function tableOf(heads, rows) {
  const cells = (/** @type {string} */ tag, /** @type {(Node | string)[]} */ row) =>
    row.map((cell, n) => h(tag, heads[n]?.[1] ?? "", cell))
  const head = h(
    "tr",
    "",
    ...cells(
      "th",
      heads.map(([name]) => name),
    ),
  )
  const body = rows.map((row) => h("tr", "", ...cells("td", row)))
  return h("div", "scroll", h("table", "", h("thead", "", head), h("tbody", "", ...body)))
}

/** All times in one table. @param {BatchReport} report */
export function timesOf({ latency, firstToken, perToken, waited }) {
  const kinds = /** @type {[string, import("../../batch/batch-report.ts").ReportTimes | null][]} */ ([
    ["Latency of answers", latency],
    ["To the first token", firstToken],
    ["Per token after it", perToken],
    ["Waited before sending", waited],
  ])
  const rows = kinds.flatMap(([name, times]) => {
    if (times === null) return []
    const { p50, p90, p99, mean, max } = times
    return [[name, ...[p50, p90, p99, max, mean].map(durationText), count(times.count)]]
  })
  const number = (/** @type {string} */ name) => /** @type {[string, string]} */ ([name, "number"])
  const heads = [
    ["", "name"],
    ...["median", "p90", "p99", "longest"].map(number),
    ["mean", "number wide"],
    ["lines", "number wide"],
  ]
  return tableOf(/** @type {[string, string][]} */ (heads), rows)
}

/** Failures by kind, each with an example. @param {readonly ReportCause[]} causes @param {string} what */
export function causesOf(causes, what) {
  const most = Math.max(...causes.map(({ count: number }) => number))
  const all = causes.reduce((sum, { count: number }) => sum + number, 0)
  const rows = causes.map(({ cause, count: number, customId, message }) => {
    const meter = h("span", "meter")
    meter.style.width = `${Math.max(2, (number / most) * 100)}%`
    const example = h("div", "", h("code", "", customId))
    if (message !== null && message !== "") example.append(h("div", "said", message))
    return [h("div", "", cause, meter), count(number), percent(number, all), example]
  })
  return tableOf(
    [
      ["Kind", "cause"],
      [what, "number"],
      ["Share", "number wide"],
      ["First seen at", "text"],
    ],
    rows,
  )
}

/** @param {BatchReport} report */
export function slowestOf({ slowest, models }) {
  const rows = slowest.map(
    ({ customId, line, latency, waited, attempts, outputTokens, model, isAnswered }) => [
      h("div", "", h("code", "", customId), isAnswered ? null : h("span", "mark", " failed")),
      line === null ? "" : count(line),
      durationText(latency),
      durationText(waited),
      count(attempts),
      outputTokens === null ? h("span", "faint", "unknown") : count(outputTokens),
      ...(models.length > 1 ? [model] : []),
    ],
  )
  /** @type {[string, string][]} */
  const heads = [
    ["Request", ""],
    ["Line", "number wide"],
    ["Latency", "number"],
    ["Waited", "number"],
    ["Attempts", "number wide"],
    ["Tokens out", "number"],
  ]
  return tableOf(models.length > 1 ? [...heads, ["Model", "label wide"]] : heads, rows)
}

/** @param {BatchReport} report */
export function modelsOf({ models }) {
  const hasCost = models.some(({ cost }) => cost !== null)
  const rows = models.map(({ model, answers, inputTokens, outputTokens, p50, cost }) => [
    h("code", "", model === "" ? "none named" : model),
    count(answers),
    p50 === null ? "" : durationText(p50),
    count(inputTokens),
    count(outputTokens),
    ...(hasCost ? [costText(cost)] : []),
  ])
  /** @type {[string, string][]} */
  const heads = [
    ["Model", ""],
    ["Answers", "number"],
    ["Latency, median", "number"],
    ["Tokens in", "number wide"],
    ["Tokens out", "number wide"],
  ]
  return tableOf(hasCost ? [...heads, ["Cost", "number"]] : heads, rows)
}

/** @param {import("../../batch/batch-report.ts").ReportCost | null} cost */
function costText(cost) {
  if (cost === null || (cost.unknown > 0 && cost.known === 0)) return h("span", "faint", "unknown")
  return cost.unknown === 0 ? dollars(cost.known) : `≥ ${dollars(cost.known)}`
}
