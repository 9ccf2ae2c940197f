// The page of a report, as text and in a real browser.

import { createHash } from "node:crypto"
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { reportPage } from "../../src/cli/report-page.ts"
import { browserPath, TestBrowser, type OpenPage } from "./browser.ts"
import { malice, sampleReport } from "./sample-report.ts"

describe("reportPage()", () => {
  it("holds all it needs: no address to load from, the licence of the chart library", async () => {
    const page = await reportPage(sampleReport())
    const loading = [...page.matchAll(/<(?:script|link|img|iframe)\b[^>]*\b(?:src|href)=["']?([^"'>\s]*)/g)]
    expect(loading.map(([, address]) => address)).toEqual(["data:,"])
    expect(page).toContain("The MIT License")
    expect(page).toContain("Leon Sorokin")
    expect(page.length).toBeLessThan(300_000)
  })

  it("has its parts in the package that is published", async () => {
    const manifest = await readFile(new URL("../../package.json", import.meta.url), "utf8")
    const { files, dependencies } = JSON.parse(manifest) as { files: string[]; dependencies: object }
    expect(files).toContain("src")
    expect(dependencies).toHaveProperty("uplot")
  })

  it("admits no script and no style but its own, by their hashes", async () => {
    const page = await reportPage(sampleReport())
    const policy = /Content-Security-Policy" content="([^"]*)"/.exec(page)?.[1] ?? ""
    const hashes = (tag: string): string[] =>
      [...page.matchAll(new RegExp(`<${tag}>([^]*?)</${tag}>`, "g"))].map(
        ([, text = ""]) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`,
      )
    expect(policy.split("; ")).toEqual([
      "default-src 'none'",
      `style-src ${hashes("style").join(" ")}`,
      `script-src ${hashes("script").join(" ")}`,
      "connect-src 'none'",
      "img-src data:",
      "base-uri 'none'",
      "form-action 'none'",
    ])
    expect([hashes("style").length, hashes("script").length]).toEqual([2, 2])
  })

  it("lets nothing of the data become a tag", async () => {
    const [plain, page] = await Promise.all([
      reportPage({ ...sampleReport("a"), failures: [] }),
      reportPage(sampleReport(malice)),
    ])
    const tags = (html: string): string[] => [...html.matchAll(/<\/?[a-z][a-z\d]*/gi)].map(([tag]) => tag)
    expect(tags(page)).toEqual(tags(plain))
    expect(page).not.toContain("<img")
  })
})

// A real browser or none: where chromium cannot be had, nothing stands in for it. `.ci/run` installs it.
describe.skipIf(browserPath === null)(
  "the page in a browser (skipped where there is no chromium)",
  { timeout: 60_000 },
  () => {
    let folder = ""
    let browser: TestBrowser
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), "tsyncio page "))
      browser = await TestBrowser.start()
    })
    afterAll(async () => {
      await browser[Symbol.asyncDispose]()
      await rm(folder, { recursive: true })
    })

    async function opened(options: Parameters<TestBrowser["open"]>[1]): Promise<OpenPage> {
      const path = join(folder, "report.html")
      await writeFile(path, await reportPage(sampleReport(malice)))
      return await browser.open(pathToFileURL(path).href, { offline: true, ...options })
    }

    it("draws every part without a network and without a complaint, and shows malice as text", async () => {
      const { page, complaints } = await opened({})
      expect(await page.textContent("h1")).toBe(malice)
      expect(await page.title()).toContain(malice)
      const headings = await page.locator("section:not([hidden]) h2").allTextContents()
      expect(headings).toEqual([
        "Over time",
        "How long it took",
        "Lines that failed",
        "Attempts that failed",
        "Slowest requests",
        "Models",
      ])
      expect(await page.locator(".plot canvas").count()).toBe(5)
      expect(await page.locator("img").count()).toBe(0)
      expect(await page.locator("td.text code").first().textContent()).toBe(malice)
      expect(complaints).toEqual([])
    })

    it("shows what it cost and will have cost, and never a zero for what nobody knows", async () => {
      const { page } = await opened({})
      const cost = page.locator(".figure").nth(5)
      expect(await cost.textContent()).toBe("Cost$0.392about $0.50 at the end")
      const path = join(folder, "unknown.html")
      await writeFile(path, await reportPage({ ...sampleReport(), cost: { known: 0, unknown: 392 } }))
      const unknown = await browser.open(pathToFileURL(path).href)
      expect(await unknown.page.locator(".figure").nth(5).textContent()).toBe(
        "Costunknown392 lines of unknown cost",
      )
    })

    it("shows counts that add up", async () => {
      const { page } = await opened({})
      const numbers = (await page.locator(".sum b").allTextContents()).map((text) =>
        Number(text.replaceAll(",", "")),
      )
      expect(numbers).toEqual([392, 8, 100, 500])
    })

    it.each([
      ["light", "rgb(252, 252, 251)"],
      ["dark", "rgb(19, 21, 24)"],
    ] as const)("follows a reader's %s theme, charts included", async (colorScheme, paper) => {
      const { page, complaints } = await opened({ colorScheme })
      const background = await page.evaluate("getComputedStyle(document.body).backgroundColor")
      expect(background).toBe(paper)
      const before = await page.locator(".plot canvas").first().screenshot()
      await page.emulateMedia({ colorScheme: colorScheme === "dark" ? "light" : "dark" })
      await expect
        .poll(async () => before.equals(await page.locator(".plot canvas").first().screenshot()))
        .toBe(false)
      expect(complaints).toEqual([])
    })

    it("fits a phone: nothing is wider than the window", async () => {
      const { page } = await opened({ viewport: { width: 360, height: 740 }, isMobile: true })
      expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(360)
      expect(await page.evaluate("document.querySelector('canvas').clientWidth")).toBeGreaterThan(250)
    })

    it("tells the values under the pointer", async () => {
      const { page } = await opened({})
      const chart = page.locator(".chart").first()
      const resting = await chart.locator(".reading").textContent()
      await chart.locator(".u-over").hover()
      await expect
        .poll(async () => await chart.locator(".reading").textContent())
        .toMatch(/^at 0:\d\danswers [\d.]+\/s/)
      expect(await page.locator(".chart").nth(1).locator(".reading").textContent()).toMatch(/^at 0:\d\d/)
      await page.mouse.move(2, 2)
      await expect.poll(async () => await chart.locator(".reading").textContent()).toBe(resting)
    })
  },
)
