// Planted bugs of floor 2, time. See scripts/mutants.mjs.

/** @type {readonly import("../../scripts/mutants.mjs").Mutant[]} */
export const timeMutants = [
  {
    name: "a sleep that is cancelled leaves its timer behind",
    file: "src/time/sleep.ts",
    find: "    stopTimer(this)\n",
    replace: "    void stopTimer\n",
    tests: ["test/time/sleep.test.ts"],
  },
  {
    name: "sleepUntil() may come before its time, by rounding",
    file: "src/time/sleep-until.ts",
    find: "  while (clock.now() < time) await sleep(time - clock.now(), undefined, options)\n",
    replace: "",
    tests: ["test/time/sleep-until.test.ts"],
  },
  {
    name: "a timeout that its body cancels throws a TimeoutError",
    file: "src/time/timeout.ts",
    find: "if (scope.expired()) throw new TimeoutError(",
    replace: "if (ms !== null) throw new TimeoutError(",
    tests: ["test/time/timeout.test.ts"],
  },
  {
    name: "moveOnAfter() hides that its signal was aborted",
    file: "src/time/timeout.ts",
    find: "  if (!scope.expired()) throwIfAborted(end.error, options.signal)\n",
    replace: "",
    tests: ["test/time/timeout.test.ts"],
  },
  {
    name: "the ticks of every() drift",
    file: "src/time/every.ts",
    find: "await sleepUntil(start + next * ms)",
    replace: "await sleepUntil(clock.now() + (next > 0 ? ms : 0))",
    tests: ["test/time/every.test.ts"],
  },
  {
    name: "every() drops a tick that is due right now",
    file: "src/time/every.ts",
    find: "Math.ceil((clock.now() - start) / ms - 1e-9)",
    replace: "Math.floor((clock.now() - start) / ms) + 1",
    tests: ["test/time/every.test.ts"],
  },
]
