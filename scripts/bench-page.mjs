// `node scripts/bench-page.mjs FILE`: puts the figures of a run into docs/performance.md, and its ratios into
// bench/ratios.json, which `npm run bench:check` holds changes against.
//
// The page says between its marks `<!-- figures: NAME -->` and `<!-- end -->` what this script writes; all else on it
// is written by hand.

import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { readRun, ratiosFile, scoresOf } from "./bench-run.mjs"
import { root, runNode, toolPath } from "./paths.mjs"

/** @typedef {import("./bench-run.mjs").Answer} Answer */
/** @typedef {import("./bench-run.mjs").Figure} Figure */

const [file] = process.argv.slice(2)
if (file === undefined) {
  console.error(
    "Usage: node scripts/bench-page.mjs FILE, after npm run bench -- --node 24,20,22,26 --json FILE",
  )
  process.exit(2)
}
const run = readRun(file)
const node = run.answers[0]?.node
const first = run.answers.filter((answer) => answer.node === node)
const rates = first.filter(({ unit }) => unit === "op/s")
const nodes = [...new Set(run.answers.map((answer) => answer.node))].sort(
  (a, b) => parseInt(a, 10) - parseInt(b, 10),
)

/** Rates that have a table of their own: they are no work of the runtime's alone. */
const ownTables = ["http-get", "batch", "debug-off", "tiny-jobs", "tcp-echo", "tcp-ping-pong", "lines"]

const page = join(root, "docs", "performance.md")
const sections = {
  machine,
  ratios,
  http,
  batch,
  threads,
  bytes,
  figures,
  programs,
  versions,
  context,
  costs,
  doors,
  choice,
}
let text = readFileSync(page, "utf8")
for (const [name, section] of Object.entries(sections)) {
  const pattern = new RegExp(`(<!-- figures: ${name} -->\n)[\\s\\S]*?(<!-- end -->)`)
  if (!pattern.test(text)) throw new Error(`docs/performance.md has no place for "${name}"`)
  text = text.replace(pattern, (_, begin, end) => `${begin}\n${section()}\n\n${end}`)
}
writeFileSync(page, text)
writeFileSync(ratiosFile, `${JSON.stringify(scoresOf(run), null, 2)}\n`)
await runNode([toolPath("prettier"), "--write", "--log-level=warn", page, ratiosFile])

function machine() {
  const { cores, processor, memory, platform } = run.machine
  const clock =
    run.clock === "cpu" ? "time of the processor, since others used the machine too" : "wall clock"
  return [
    `- ${cores} cores (${processor}), ${memory} GB, ${platform}; Node ${nodes.join(", ")}`,
    `- peers: ${peerNames().join(", ")}`,
    `- ${run.rounds} rounds of ${run.slice} ms for each program, ${clock}; HTTP server: ${run.server}`,
  ].join("\n")
}

function peerNames() {
  const names = rates.flatMap(({ figures: all }) => all.map(({ program }) => program))
  return [...new Set(names)].filter((name) => /\d/.test(name))
}

/** Ours beside each kind of peer: how many times as fast. */
function ratios() {
  const python = peerNames().filter((name) => /^(asyncio|uvloop)/.test(name))
  const columns = ["effect", "effection"].map(
    (name) => peerNames().find((peer) => peer.startsWith(`${name} `)) ?? name,
  )
  const heads = ["line", "ours, M op/s", "of by hand", ...columns, "npm peers", ...python]
  return table(
    heads,
    rates
      .filter(({ name }) => !ownTables.includes(name))
      .map((answer) => {
        const cell = (/** @type {string} */ program) => ratioCell(find(answer, program))
        const own = find(answer, "tsyncio")
        const others = answer.figures.filter(({ program }) => {
          return /\d/.test(program) && !columns.includes(program) && !python.includes(program)
        })
        const npm = others.map((figure) => `${figure.program.split(" ")[0]} ${ratioCell(figure)}`).join(", ")
        return [
          answer.name,
          own === undefined ? "" : millions(own.median),
          cell("bare promises"),
          ...columns.map(cell),
          npm,
          ...python.map(cell),
        ]
      }),
  )
}

function http() {
  return perSecond("requests", ["http-get"])
}

function batch() {
  return perSecond("requests", ["batch"])
}

/** Jobs for other threads and processes. */
function threads() {
  const names = ["job-median", "job-p99", "four-computations", "lag-median", "lag-p99"]
  return `${perSecond("jobs", ["tiny-jobs"])}\n\n${costTable(names)}`
}

/** Bytes that come and go. */
function bytes() {
  return perSecond("operations", ["tcp-echo", "tcp-ping-pong", "lines"])
}

/** @param {string} what @param {readonly string[]} names */
function perSecond(what, names) {
  const several = names.length > 1
  const rows = names.flatMap((name) =>
    (on(name, node ?? "")?.figures ?? []).map((figure, index) => {
      const numbers = [figure.median, figure.min, figure.max].map((rate) =>
        Math.round(rate).toLocaleString("en"),
      )
      const [median = "", min, max] = numbers
      const cells = [figure.program, median, `${min} to ${max}`, ratioCell(figure)]
      return several ? [index === 0 ? name : "", ...cells] : cells
    }),
  )
  const heads = ["program", `${what} a second`, "range", "ours / it"]
  return table(several ? ["line", ...heads] : heads, rows)
}

/** Everything that was measured on the first Node. */
function figures() {
  return table(
    ["line", "program", "median", "least", "most", "ours / it"],
    first.flatMap((answer) =>
      answer.figures.map((figure, index) => {
        const { program, median, min, max } = figure
        const values = [median, min, max].map((value) => told(answer, value))
        return [index === 0 ? answer.name : "", program, ...values, ratioCell(figure)]
      }),
    ),
  )
}

/** What each line does, in words. */
function programs() {
  const lines = new Map(first.map(({ name, what }) => [what, name]))
  return [...lines].map(([what, name]) => `- **${name}**: ${what}`).join("\n")
}

/** Ours on each version, in millions and as a part of the same by hand. */
function versions() {
  return table(
    ["line", ...nodes.map((version) => `Node ${version}`)],
    rates.map(({ name }) => [
      name,
      ...nodes.map((version) => {
        const answer = on(name, version)
        const own = answer && find(answer, "tsyncio")
        const floor = answer?.figures[1]
        return own === undefined || floor === undefined ? "" : `${millions(own.median)} (${ratioCell(floor)})`
      }),
    ]),
  )
}

/** The price of the context, and what a parked task weighs, on each version. */
function context() {
  const value = (/** @type {string} */ name, /** @type {string} */ version, program = 0) => {
    const answer = on(name, version)
    const figure = answer?.figures[program]
    return answer === undefined || figure === undefined ? "" : told(answer, figure.median)
  }
  return table(
    ["", ...nodes.map((version) => `Node ${version}`)],
    [
      ["an await before the first task", "context-price-before", 0],
      ["in a task", "context-price-inside", 0],
      ["after all tasks have ended", "context-price-after", 0],
      ["a parked task", "parked-bytes", 0],
      ["the same by hand", "parked-bytes", 1],
    ].map(([title, name, program]) => [
      String(title),
      ...nodes.map((version) => value(String(name), version, Number(program))),
    ]),
  )
}

/** Memory and times that are no rates. */
function costs() {
  return costTable(["parked-bytes", "million-time", "million-memory", "import-time", "import-modules"])
}

/** @param {readonly string[]} names */
function costTable(names) {
  return table(
    ["line", "program", "median", "ours / it"],
    first
      .filter(({ name }) => names.includes(name))
      .flatMap((answer) =>
        answer.figures.map((figure, index) => {
          return [
            index === 0 ? answer.name : "",
            figure.program,
            told(answer, figure.median),
            ratioCell(figure),
          ]
        }),
      ),
  )
}

function doors() {
  const answer = on("door-size", node ?? "")
  if (answer === undefined || answer.figures.length === 0) return "esbuild was not there to measure them."
  return table(
    ["door", "minified and compressed"],
    answer.figures.map(({ program, median }) => [`\`${program.slice(5)}\``, `${median.toFixed(1)} kB`]),
  )
}

/** A task, a thread, a process: what the tutorials say and what was measured. */
function choice() {
  const [time, memory] = ["start-up-time", "start-up-memory"].map((name) => on(name, node ?? ""))
  /** @type {Record<string, string>} */
  const claims = { task: "2 kB", "worker thread": "8 MB", "child process": "30 MB" }
  return table(
    ["", "tutorials say", "memory measured", "start measured"],
    (time?.figures ?? []).map(({ program, median }) => {
      const kilobytes = memory === undefined ? undefined : find(memory, program)?.median
      return [
        program,
        claims[program] ?? "",
        kilobytes === undefined ? "" : weight(kilobytes),
        duration(median),
      ]
    }),
  )
}

/** @param {string} name @param {string} version */
function on(name, version) {
  return run.answers.find((answer) => answer.name === name && answer.node === version)
}

/** @param {Answer} answer @param {string} program */
function find({ figures: all }, program) {
  return all.find((figure) => figure.program === program)
}

/** A ratio; one below its bar has the bar beside it. @param {Figure | undefined} figure */
function ratioCell(figure) {
  if (figure === undefined || figure.ratio === null) return ""
  const { ratio, bar } = figure
  return `${ratio >= 100 ? Math.round(ratio) : ratio.toPrecision(2)}${bar !== null && ratio < bar ? ` (bar ${bar})` : ""}`
}

/** @param {number} rate */
function millions(rate) {
  return (rate / 1e6).toPrecision(3)
}

/** @param {Answer} answer @param {number} value */
function told({ unit }, value) {
  if (unit === "op/s") return `${millions(value)} M op/s`
  return `${value >= 100 ? Math.round(value).toLocaleString("en") : value.toPrecision(3)} ${unit}`
}

/** @param {number} kilobytes */
function weight(kilobytes) {
  return kilobytes >= 1000 ? `${(kilobytes / 1000).toFixed(1)} MB` : `${kilobytes.toFixed(1)} kB`
}

/** @param {number} microseconds */
function duration(microseconds) {
  return microseconds >= 1000 ? `${(microseconds / 1000).toFixed(0)} ms` : `${microseconds.toFixed(1)} µs`
}

/** @param {string[]} heads @param {string[][]} rows */
function table(heads, rows) {
  const line = (/** @type {string[]} */ cells) => `| ${cells.join(" | ")} |`
  return [line(heads), line(heads.map((_, index) => (index === 0 ? "---" : "---:"))), ...rows.map(line)].join(
    "\n",
  )
}
