// The page of a report: one file of HTML that needs nothing else, not even a network.
//
// Its parts lie in `page/` and in uPlot's package, and are put together here: style, chart library with its licence,
// our own script, and the report as JSON. What must stay true: nothing of the data can become a tag or a script. The
// JSON has no `<` in it, the script makes texts of it and never HTML, and the policy of the page admits no script and
// no style but those, by their hashes, and no place to send anything to.

import { createHash } from "node:crypto"
import { readFile } from "node:fs/promises"
import { createRequire } from "node:module"
import type { BatchReport } from "../batch/index.ts"

const require = createRequire(import.meta.url)
/** Beside the sources, which are part of the package: the build copies nothing. */
const folder = new URL("../../src/cli/page/", import.meta.url)
/** Each before those that import it. */
const scripts = ["texts.js", "chart.js", "time-chart.js", "times-chart.js", "sections.js", "page.js"]

/**
 * Makes the page.
 *
 * @param isLive - Whether the page is to ask its server for what comes next.
 */
export async function reportPage(report: BatchReport, isLive: boolean = false): Promise<string> {
  const { styles, code, chartVersion } = await pageParts()
  const version = await versionOf(new URL("../../package.json", import.meta.url))
  const policy = [
    "default-src 'none'",
    `style-src ${styles.map(hashOf).join(" ")}`,
    `script-src ${code.map(hashOf).join(" ")}`,
    `connect-src ${isLive ? "'self'" : "'none'"}`,
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
  ]
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy.join("; ")}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<meta name="generator" content="tsyncio ${version}">
<link rel="icon" href="data:,">
<title>${escaped(report.name)}</title>
${styles.map((style) => `<style>${style}</style>`).join("\n")}
</head>
<body>
<noscript>This page draws its figures with a script of its own, and scripts are switched off.</noscript>
<header id="head"></header>
<main id="main"></main>
<footer>Made by tsyncio ${version}. Charts by uPlot ${chartVersion}.</footer>
<script id="data" type="application/json">${jsonFor({ report, isLive })}</script>
${code.map((script) => `<script>${script}</script>`).join("\n")}
</body>
</html>
`
}

/** What a page begins with that was made here, so that no other file is written over. */
export const pageBeginning = "<!doctype html>\n"

interface PageParts {
  readonly styles: readonly string[]
  readonly code: readonly string[]
  readonly chartVersion: string
}

async function pageParts(): Promise<PageParts> {
  const [chart, chartStyle, licence, style, ...own] = await Promise.all([
    readFile(require.resolve("uplot/dist/uPlot.iife.min.js"), "utf8"),
    readFile(require.resolve("uplot/dist/uPlot.min.css"), "utf8"),
    readFile(require.resolve("uplot/LICENSE"), "utf8"),
    readFile(new URL("page.css", folder), "utf8"),
    ...scripts.map((name) => readFile(new URL(name, folder), "utf8")),
  ])
  const chartVersion = await versionOf(require.resolve("uplot/package.json"))
  return {
    styles: [chartStyle ?? "", style ?? ""],
    code: [`/*\n${licence?.trim() ?? ""}\n*/\n${chart ?? ""}`, own.map(bare).join("\n")],
    chartVersion,
  }
}

/** A module of ours as part of one script: what it imports stands before it. */
function bare(module: string): string {
  return module.replace(/^import [^"]*"\.\/[^"]*"\n/gm, "").replace(/^export (?=function|class|const)/gm, "")
}

async function versionOf(path: string | URL): Promise<string> {
  return (JSON.parse(await readFile(path, "utf8")) as { readonly version: string }).version
}

function hashOf(text: string): string {
  return `'sha256-${createHash("sha256").update(text).digest("base64")}'`
}

/** JSON that ends no script element, whatever stands in it. */
function jsonFor(value: unknown): string {
  return JSON.stringify(value).replaceAll("<", "\\u003c")
}

function escaped(text: string): string {
  const marks: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" }
  return text.replace(/[&<>"]/g, (mark) => marks[mark] ?? mark)
}
