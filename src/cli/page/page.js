// The page itself: draws the report that stands in it and, where it is live, each one that comes.
//
// Parts are drawn anew with each report; charts are kept, so that a reader's pointer stays on them.

import { h } from "./texts.js"
import { TimeChart } from "./time-chart.js"
import { TimesChart } from "./times-chart.js"
import { causesOf, countsOf, figuresOf, headOf, modelsOf, slowestOf, timesOf } from "./sections.js"

/** @typedef {import("../../batch/batch-report.ts").BatchReport} BatchReport */
/** @typedef {import("./time-chart.js").TimeLine} TimeLine */
/** @typedef {import("./chart.js").Chart} Chart */

const data = document.getElementById("data")?.textContent ?? "{}"
const given = /** @type {{ report: BatchReport, isLive: boolean }} */ (JSON.parse(data))

/** A part of the page with its heading, hidden while it has nothing to say. @param {string} title @param {string} [className] */
function part(title, className = "") {
  const section = h("section", className)
  if (title !== "") section.append(h("h2", "", title))
  const body = h("div")
  section.append(body)
  section.hidden = true
  document.getElementById("main")?.append(section)
  return {
    /** @param {(Node | string)[]} content */
    show(content) {
      section.hidden = content.length === 0
      body.replaceChildren(...content)
    },
    /** @param {Node[]} content for charts, which are put in once */
    keep(content) {
      section.hidden = content.length === 0
      if (body.children.length !== content.length) body.replaceChildren(...content)
    },
  }
}

const parts = {
  counts: part("", "lead"),
  figures: part("", "lead"),
  time: part("Over time"),
  times: part("How long it took"),
  table: part("", "lead"),
  failures: part("Lines that failed"),
  setbacks: part("Attempts that failed"),
  slowest: part("Slowest requests"),
  models: part("Models"),
  notes: part("What this page cannot tell"),
}

/** @type {TimeLine} */
const answers = { name: "answers", column: "answers", stroke: "good", fill: "good-fill", dot: "answers" }
/** @type {TimeLine} */
const failures = { name: "failed attempts", column: "failures", stroke: "bad", dot: "failures" }
const charts = {
  rate: new TimeChart("Throughput", "/s", [answers, failures]),
  flight: new TimeChart("Concurrency", "in flight", [
    { name: "requests", column: "inFlight", stroke: "second", fill: "second-fill", dot: "second" },
  ]),
  tokens: new TimeChart("Tokens of answers", "tokens/s", [
    { name: "tokens", column: "tokens", stroke: "good", fill: "good-fill", dot: "answers" },
  ]),
  latency: new TimesChart("Latency of answers", "good"),
  firstToken: new TimesChart("Time to the first token", "second"),
}
const overTime = h("div", "stack")
const spread = h("div", "pair")

/** @param {BatchReport} report @param {{ word: string, kind: string }} state */
function draw(report, state) {
  document.title = `${report.name}: ${state.word.toLowerCase()}`
  document.getElementById("head")?.replaceChildren(...headOf(report, state))
  parts.counts.show(countsOf(report))
  const figures = figuresOf(report)
  parts.figures.show(figures.length === 0 ? [] : [h("div", "figures", ...figures)])
  drawCharts(report)
  const { latency, waited, failures: failed, setbacks, slowest, models, notes } = report
  parts.table.show(latency === null && waited === null ? [] : [timesOf(report)])
  parts.failures.show(failed.length === 0 ? [] : [causesOf(failed, "Lines")])
  const hint = "On the way, whatever became of the line: most of them were repeated and answered."
  parts.setbacks.show(setbacks.length === 0 ? [] : [h("p", "lede", hint), causesOf(setbacks, "Attempts")])
  parts.slowest.show(slowest.length === 0 ? [] : [slowestOf(report)])
  const isTold = models.length > 1 || models.some(({ cost }) => cost !== null)
  parts.models.show(isTold ? [modelsOf(report)] : [])
  parts.notes.show(notes.length === 0 ? [] : [h("ul", "notes", ...notes.map((note) => h("li", "", note)))])
}

/** @param {BatchReport} report */
function drawCharts({ timeline, latency, firstToken, tokens }) {
  const lines = [charts.rate, charts.flight, ...(tokens === null ? [] : [charts.tokens])]
  parts.time.keep(timeline === null ? [] : [overTime])
  if (timeline !== null) {
    fill(overTime, lines)
    for (const chart of lines) chart.draw(timeline)
  }
  const bars = [charts.latency, ...(firstToken === null ? [] : [charts.firstToken])]
  parts.times.keep(latency === null ? [] : [spread])
  if (latency === null) return
  fill(spread, bars)
  charts.latency.draw(latency)
  if (firstToken !== null) charts.firstToken.draw(firstToken)
}

/** @param {HTMLElement} place @param {Chart[]} shown */
function fill(place, shown) {
  if (place.children.length !== shown.length) place.replaceChildren(...shown.map(({ element }) => element))
}

/** How a run stands. @param {BatchReport} report */
function stateOf({ isRunning, stopped, counts }) {
  if (isRunning) return { word: "Running", kind: "running" }
  if (stopped !== null) return { word: `Stopped: ${stopped}`, kind: "stopped" }
  if (counts.open === null) return { word: "As far as recorded", kind: "recorded" }
  return counts.open > 0 ? { word: "Not finished", kind: "stopped" } : { word: "Finished", kind: "" }
}

/** Draws what the server sends, until it says that this was the end. */
function follow() {
  let { report } = given
  const events = new EventSource(`events${location.search}`)
  const take = (/** @type {{ readonly data: unknown }} */ message) => {
    report = /** @type {BatchReport} */ (JSON.parse(String(message.data)))
    draw(report, stateOf(report))
  }
  events.addEventListener("report", take)
  events.addEventListener("end", (message) => {
    events.close()
    take(message)
  })
  events.addEventListener("error", () => {
    draw(report, { word: "Connection lost, these are the last figures", kind: "lost" })
  })
}

draw(given.report, stateOf(given.report))
if (given.isLive && given.report.isRunning) follow()
