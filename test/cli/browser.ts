// A real browser for tests of pages: Debian's chromium, driven by playwright-core. Where there is none, tests that
// need it are skipped and say so.

import { existsSync } from "node:fs"
import { createRequire } from "node:module"
import { join } from "node:path"

// Playwright's own types need those of a browser, which this project's sources do without; this is what is used here.

/** A part of a page, found when it is asked. */
interface Locator {
  first(): Locator
  nth(index: number): Locator
  locator(selector: string): Locator
  count(): Promise<number>
  textContent(): Promise<string | null>
  allTextContents(): Promise<string[]>
  hover(): Promise<void>
  screenshot(): Promise<Buffer>
}

interface Page {
  goto(url: string): Promise<unknown>
  reload(): Promise<unknown>
  close(): Promise<void>
  title(): Promise<string>
  textContent(selector: string): Promise<string | null>
  locator(selector: string): Locator
  evaluate(code: string): Promise<unknown>
  emulateMedia(media: { readonly colorScheme: "light" | "dark" }): Promise<void>
  readonly mouse: { move(x: number, y: number): Promise<void> }
  on(event: "pageerror", heard: (error: Error) => void): void
  on(event: "console", heard: (message: { type(): string; text(): string }) => void): void
  on(event: "dialog", heard: (dialog: { message(): string; dismiss(): Promise<void> }) => void): void
}

/** How a page is opened. */
interface PageOptions {
  readonly viewport?: { readonly width: number; readonly height: number }
  readonly isMobile?: boolean
  readonly offline?: boolean
  readonly colorScheme?: "light" | "dark"
}

interface Browser {
  newContext(options: PageOptions): Promise<{ newPage(): Promise<Page> }>
  close(): Promise<void>
}

const { chromium } = createRequire(import.meta.url)("playwright-core") as {
  readonly chromium: { launch(options: object): Promise<Browser> }
}

const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]

/** Path of the browser, from the environment or the PATH; null if there is none. */
export const browserPath: string | null = findBrowser()

function findBrowser(): string | null {
  const given = process.env["TSYNCIO_BROWSER"]
  if (given !== undefined && given !== "") return given
  const folders = (process.env["PATH"] ?? "").split(":").filter((folder) => folder !== "")
  const places = folders.flatMap((folder) => names.map((name) => join(folder, name)))
  return places.find((place) => existsSync(place)) ?? null
}

/** What a page said that it should not have: errors of its scripts, and whatever its policy stopped. */
export interface OpenPage {
  readonly page: Page
  readonly complaints: string[]
}

/** A browser that is closed at the end of its block. */
export class TestBrowser implements AsyncDisposable {
  readonly #browser: Browser

  private constructor(browser: Browser) {
    this.#browser = browser
  }

  static async start(): Promise<TestBrowser> {
    if (browserPath === null) throw new Error("there is no chromium on this machine")
    const signals = { handleSIGINT: false, handleSIGTERM: false, handleSIGHUP: false }
    const args = ["--no-sandbox", "--disable-dev-shm-usage"]
    return new TestBrowser(await chromium.launch({ executablePath: browserPath, args, ...signals }))
  }

  async open(url: string, options: PageOptions = {}): Promise<OpenPage> {
    const context = await this.#browser.newContext({ viewport: { width: 1180, height: 900 }, ...options })
    const page = await context.newPage()
    const complaints: string[] = []
    page.on("pageerror", (error) => complaints.push(error.stack ?? error.message))
    page.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning") complaints.push(message.text())
    })
    page.on("dialog", (dialog) => {
      complaints.push(`dialog: ${dialog.message()}`)
      void dialog.dismiss()
    })
    await page.goto(url)
    return { page, complaints }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close()
  }
}
