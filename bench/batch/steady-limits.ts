// Does a run keep to its limits in real time? A batch against the mock server, for so many seconds (300).
//
// `npx tsc -p tsconfig.bench.json && node .build/bench/batch/steady-limits.js [SECONDS] [RPM] [TPM]`. The server
// enforces both limits second by second and charges the whole estimate beforehand, as hosted services do. The run
// is told the limits, or nothing with `learn` behind the numbers. After the first ten seconds no request may be
// refused, and of the limit that binds 95 % is to be used; otherwise the exit code is 1.
import { spawn } from "node:child_process"
import { rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { run } from "tsyncio"
import { runBatch } from "tsyncio/batch"

const [seconds = 300, rpm = 3000, tpm = 90_000] = process.argv.slice(2, 5).map(Number)
const isLearning = process.argv.includes("learn")
const warmUp = 10
/** Every answer reaches it, so that what is charged beforehand is what is used. */
const maxTokens = 5

interface Stats {
  readonly requests: number
  readonly tokens: { readonly charged: number }
  readonly violations: { readonly count: number }
}

const program = fileURLToPath(new URL("../../../dist/bin/tsyncio.js", import.meta.url))
const limits = ["--rpm", String(rpm), "--tpm", String(tpm)]
const mock = spawn(process.execPath, [program, "mock", "--port", "0", "--latency", "300", ...limits], {
  stdio: ["ignore", "pipe", "inherit"],
})
const url = await new Promise<string>((resolve) => {
  mock.stdout.setEncoding("utf8").on("data", (text: string) => {
    const found = /http:\S+/.exec(text)
    if (found !== null) resolve(found[0])
  })
})

const stats = async (): Promise<Stats> => (await (await fetch(`${url}/stats`)).json()) as Stats
let isOver = false

/** Prompts of different lengths, for as long as the run goes. */
async function* lines(): AsyncGenerator<string> {
  for (let n = 0; !isOver; n++) {
    const prompt = `question ${n} ${"word ".repeat(n % 30)}`
    yield `${JSON.stringify({ prompt, max_tokens: maxTokens })}\n`
  }
}

const output = join(tmpdir(), `tsyncio-steady-${process.pid}.jsonl`)
const batch = runBatch({
  input: lines(),
  output,
  metrics: false,
  baseUrl: url,
  ...(isLearning ? {} : { rpm, tpm }),
})
const finished = run(() => batch.finish())
await new Promise((resolve) => setTimeout(resolve, warmUp * 1000))
const begin = await stats()
const begun = performance.now()
await new Promise((resolve) => setTimeout(resolve, (seconds - warmUp) * 1000))
const end = await stats()
const minutes = (performance.now() - begun) / 60_000
isOver = true
await finished
mock.kill()
await rm(output, { force: true })

const refused = end.violations.count - begin.violations.count
const used = {
  requests: (end.requests - begin.requests - refused) / (rpm * minutes),
  tokens: (end.tokens.charged - begin.tokens.charged) / (tpm * minutes),
}
const percent = (share: number): string => `${(share * 100).toFixed(1)} %`
console.log(`${seconds} s against ${rpm} requests and ${tpm} tokens a minute${isLearning ? ", learnt" : ""}`)
console.log(`refused in the first ${warmUp} s: ${begin.violations.count}, afterwards: ${refused}`)
console.log(`used: ${percent(used.requests)} of the requests, ${percent(used.tokens)} of the tokens`)
process.exitCode = refused === 0 && Math.max(used.requests, used.tokens) >= 0.95 ? 0 : 1
