// docs/from-asyncio.md tells of every name of Python's asyncio, names only what there is, and its example is run.
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { publicNames } from "../../scripts/module-text.mjs"
import { house } from "./rooms.ts"
import { repository } from "./source-tree.ts"

/** What `asyncio` of Python 3.14 exports on Unix. */
const asyncioNames = `
AbstractEventLoop AbstractEventLoopPolicy AbstractServer ALL_COMPLETED all_tasks as_completed Barrier
BaseEventLoop BaseProtocol BaseTransport BoundedSemaphore BrokenBarrierError BufferedProtocol
CancelledError capture_call_graph Condition create_eager_task_factory create_subprocess_exec
create_subprocess_shell create_task current_task DatagramProtocol DatagramTransport
DefaultEventLoopPolicy eager_task_factory ensure_future Event EventLoop FIRST_COMPLETED FIRST_EXCEPTION
format_call_graph FrameCallGraphEntry Future future_add_to_awaited_by future_discard_from_awaited_by
FutureCallGraph gather get_event_loop get_event_loop_policy get_running_loop Handle IncompleteReadError
InvalidStateError iscoroutine iscoroutinefunction isfuture LifoQueue LimitOverrunError Lock
new_event_loop open_connection open_unix_connection print_call_graph PriorityQueue Protocol Queue
QueueEmpty QueueFull QueueShutDown ReadTransport run run_coroutine_threadsafe Runner SelectorEventLoop
Semaphore SendfileNotAvailableError Server set_event_loop set_event_loop_policy shield sleep start_server
start_unix_server StreamReader StreamReaderProtocol StreamWriter SubprocessProtocol SubprocessTransport
Task TaskGroup timeout Timeout timeout_at TimeoutError TimerHandle to_thread Transport wait wait_for
wrap_future WriteTransport
`
  .trim()
  .split(/\s+/)

const page = readFileSync(join(repository, "docs", "from-asyncio.md"), "utf8").replaceAll("\r\n", "\n")
const declarations = Object.values(house.doors).flatMap((file) => publicNames(join(repository, "src", file)))
const exported = new Map(declarations.map((name) => [name.name, name]))

interface Row {
  readonly name: string
  readonly here: string
}

const rows: Row[] = [...page.matchAll(/^\| `(\w+)` +\| (.*?) +\| .*\|$/gm)].map(
  ([, name = "", here = ""]) => ({
    name,
    here,
  }),
)

/** What stands between single backticks, code blocks left out. */
function codeIn(text: string): string[] {
  const prose = text.replace(/^```[\s\S]*?^```$/gm, "")
  return [...prose.matchAll(/`([^`]+)`/g)].map(([, code = ""]) => code)
}

/** Whether `Name` or `Class.member` is behind one of our doors. */
function isOurs(code: string): boolean {
  const [name = "", member] = code.split(".")
  const found = exported.get(name)
  if (found === undefined) return false
  return member === undefined || found.declaration.code.some((token) => token.text === member)
}

describe("docs/from-asyncio.md", () => {
  it("has one row for every name of asyncio, in order", () => {
    expect(rows.map(({ name }) => name)).toEqual(asyncioNames)
  })

  it("says of each what it is here, or that it is not, and why", () => {
    const answer = /^(?:not here, because .{10,}|`[\w.]+`(?:, `[\w.]+`)*(?: \(_planned_\))?)$/
    expect(rows.filter(({ here }) => !answer.test(here))).toEqual([])
  })

  it("names only what is behind our doors, and calls nothing planned that is there", () => {
    const ours = rows.filter(({ here }) => !here.startsWith("not here"))
    const planned = ours.filter(({ here }) => here.includes("_planned_"))
    const present = ours.filter((row) => !planned.includes(row)).flatMap(({ here }) => codeIn(here))
    expect(present.length).toBeGreaterThan(30)
    expect(present.filter((code) => !isOurs(code))).toEqual([])
    expect(planned.flatMap(({ here }) => codeIn(here)).filter(isOurs)).toEqual([])
  })

  it("uses no name of ours that is not there, in its text either", () => {
    const calls = codeIn(page).flatMap((code) => [...code.matchAll(/(?<![.\w])([a-z]\w*[A-Z]\w*)(?=\()/g)])
    const unknown = calls.map(([, name = ""]) => name).filter((name) => !exported.has(name))
    const members = new Set(
      declarations.flatMap(({ declaration }) => declaration.code.map(({ text }) => text)),
    )
    expect(unknown.filter((name) => !members.has(name))).toEqual([])
  })

  it("shows a program of the parity tests, as it stands there", () => {
    const [python, ours] = [...page.matchAll(/^```\w+\n([\s\S]*?)^```$/gm)].map(([, code = ""]) => code)
    const file = (ending: string): string =>
      readFileSync(join(repository, "test", "parity", `first-steps.${ending}`), "utf8").replaceAll(
        "\r\n",
        "\n",
      )
    expect(python).toBe(file("py"))
    const shown = file("ts")
      .replace('"../../src/index.ts"', '"tsyncio"')
      .replace(
        "import { TimeoutError, createTask, gather, ",
        "import { TimeoutError, createTask, gather, run, ",
      )
      .replace(/^import type .*\n/m, "")
      .replace("export async function main(print: Print)", "async function main()")
      .replaceAll("print(", "console.log(")
    expect(ours).toBe(`${shown}\nawait run(main)\n`)
  })
})
