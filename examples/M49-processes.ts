// Programs run to their end or talked with; a cancel ends them with all that they have started.
import { createTask, moveOnAfter, run, sleep, taskGroup } from "tsyncio"
import { ProcessError, runProcess, signals, startProcess } from "tsyncio/process"
import { pipe } from "tsyncio/stream"

await run(async () => {
  // A letter: something in, something out, an exit code.
  const sorted = await runProcess("sort", ["-n"], { input: "3\n1\n2\n" })
  console.log(sorted.stdout.trim().split("\n"), sorted.exitCode)
  await runProcess("ls", ["/no/such/folder"], { check: true, env: { LC_ALL: "C" } }).catch(
    (error: unknown) => {
      if (error instanceof ProcessError)
        console.log(error.code, error.exitCode !== 0, error.stderr.includes("No such"))
    },
  )

  // A telephone call: lines come while it runs, and who reads slowly slows it down.
  await using counter = await startProcess("sh", ["-c", "i=0; while :; do i=$((i+1)); echo line $i; done"])
  for await (const line of counter.lines()) {
    console.log(line)
    if (line === "line 3") break
  }
  await counter.stop()
  console.log("ended by", counter.signal)

  // Two programs, the one's output the other's input.
  await using words = await startProcess("printf", ["pear\nfig\napple\n"])
  await using sorter = await startProcess("sort")
  await taskGroup(async (group) => {
    group.createTask(() => pipe(words.stdout, sorter.stdin))
    for await (const word of sorter.lines()) console.log(word)
  })

  // The shell and what it has started are gone when the limit has run out.
  const limited = await moveOnAfter(100, () => runProcess("sh", ["-c", "sleep 60 & sleep 60; wait"]))
  console.log("timed out:", limited.timedOut)

  // Signals to this process are events.
  const settings = createTask(async () => {
    for await (const name of signals("SIGHUP")) return `${name}: settings are read again`
    return "never"
  })
  await sleep(10)
  process.kill(process.pid, "SIGHUP")
  console.log(await settings)
})

// prints:
// [ '1', '2', '3' ] 0
// E_PROCESS_EXIT true true
// line 1
// line 2
// line 3
// ended by SIGTERM
// apple
// fig
// pear
// timed out: true
// SIGHUP: settings are read again
