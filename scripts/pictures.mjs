// `node scripts/pictures.mjs`: makes the pictures of the report and of the dashboard in docs/pictures/.
//
// By the program itself: a batch of made-up questions against its own mock server, which is slow, refuses and breaks
// off; the page of the run while it goes on, and the page it leaves, photographed in chromium. Needs chromium.

import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs"
import { spawn } from "node:child_process"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { root } from "./paths.mjs"
import { setupOrExit } from "./setup.mjs"

/** @typedef {{ goto(url: string): Promise<unknown>, waitForTimeout(ms: number): Promise<void>, screenshot(options: object): Promise<unknown>, close(): Promise<void> }} Page */
/** @typedef {{ newPage(options: object): Promise<Page>, close(): Promise<void> }} Browser */
/** @type {{ chromium: { launch(options: object): Promise<Browser> } }} */
const { chromium } = createRequire(import.meta.url)("playwright-core")

const program = join(root, "dist", "cli", "main.js")
const pictures = join(root, "docs", "pictures")
const lines = 1600
/** Largest picture, in bytes: it is loaded with a page of the documentation. */
const largest = 150_000

await setupOrExit()
const folder = mkdtempSync(join(tmpdir(), "tsyncio-pictures-"))
const browser = await chromium.launch({
  executablePath: process.env["TSYNCIO_BROWSER"] ?? "/usr/bin/chromium",
  args: ["--no-sandbox"],
})
/** @type {import("node:child_process").ChildProcess[]} */
const children = []
try {
  writeInput(join(folder, "questions.jsonl"))
  const mock = ["mock", "--port", "0", "--latency", "180", "--chunk-delay", "7", "--fail-rate", "0.05"]
  const [, server] = await told([...mock, "--models", "gpt-4o,gpt-4o-mini"], /(http:\/\/\S+)/)
  mkdirSync(join(folder, "live"))
  const input = join(folder, "questions.jsonl")
  const words = (/** @type {string} */ output) => [
    "batch",
    input,
    "-o",
    output,
    "--base-url",
    server ?? "",
    "--stream",
  ]
  const page = join(folder, "answers.report.html")
  // Drawing takes the machine's time: the run of the report has it for itself.
  const quiet = [...words(join(folder, "answers.jsonl")), "--concurrency", "64", "--report", page]
  await (
    await told(quiet, /limits: /)
  ).ended
  await photograph(pathToFileURL(page).href, "report.png", { colorScheme: "light", height: 1492, wait: 500 })
  const shown = await told(
    [...words(join(folder, "live", "answers.jsonl")), "--dashboard"],
    /dashboard: (\S+)/,
  )
  await photograph(shown[1] ?? "", "dashboard.png", { colorScheme: "dark", height: 760, wait: 9000 })
} finally {
  for (const child of children) child.kill()
  await browser.close()
  rmSync(folder, { recursive: true })
}

/** @param {string} path */
function writeInput(path) {
  const texts = Array.from({ length: lines }, (_, n) => {
    const model = n % 173 === 40 ? "gpt-4.5" : n % 4 === 0 ? "gpt-4o" : "gpt-4o-mini"
    // Most answers are short and some are long.
    const longest = 8 + Math.round(110 * (((n * 7919) % 997) / 997) ** 3)
    const messages = [{ role: "user", content: `Question ${n + 1}: what is ${n} plus ${n * 3}?` }]
    const customId = `question-${String(n + 1).padStart(4, "0")}`
    const body = { model, messages, max_tokens: longest }
    return `${JSON.stringify({ custom_id: customId, method: "POST", url: "/v1/chat/completions", body })}\n`
  })
  writeFileSync(path, `${texts.join("")}{"custom_id": "question-1601", \n`)
}

/**
 * Starts the program and waits until it says something.
 *
 * @param {string[]} words
 * @param {RegExp} pattern
 * @returns {Promise<RegExpExecArray & { ended: Promise<void> }>}
 */
async function told(words, pattern) {
  const child = spawn(process.execPath, [program, ...words], { stdio: ["ignore", "pipe", "pipe"] })
  children.push(child)
  /** @type {Promise<void>} */
  const ended = new Promise((resolve) => child.on("close", () => resolve()))
  let text = ""
  return await new Promise((resolve, reject) => {
    void ended.then(() => reject(new Error(`it ended: ${text}`)))
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (piece) => {
        text += piece
        const found = pattern.exec(text)
        if (found !== null) resolve(Object.assign(found, { ended }))
      })
    }
  })
}

/**
 * @param {string} url
 * @param {string} name
 * @param {{ colorScheme: "light" | "dark", height: number, wait: number }} how
 */
async function photograph(url, name, { colorScheme, height, wait }) {
  const page = await browser.newPage({ viewport: { width: 1120, height }, colorScheme })
  await page.goto(url)
  await page.waitForTimeout(wait)
  mkdirSync(pictures, { recursive: true })
  const path = join(pictures, name)
  await page.screenshot({ path })
  await page.close()
  const { size } = statSync(path)
  console.log(`${path}: ${size} bytes`)
  if (size > largest) throw new Error(`${name} is larger than ${largest} bytes`)
}
