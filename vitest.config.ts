// How the tests run, with the leak guard of test/setup.ts around every test.
//
// Files of rooms whose tests are many and short share processes, which saves half their time and shows what one leaves for
// the next; a file of the others has a process of its own, since it measures, kills, or puts something else in for a module.
// `using` and `await using` are lowered by the transform, since Node 20 does not know them. Tests on time use the
// virtual clock, so the time limits below are for tests with real sockets and child processes.

import { availableParallelism } from "node:os"
import type { ViteUserConfig } from "vitest/config"
import { defineConfig } from "vitest/config"

const rooms = "base|combine|core|http|lint|llm|net|parity|stream|sync|testing|time"
/** Files of these rooms that count what the process holds. */
const apart = ["test/http/signal-leaks.test.ts", "test/net/many-connections.test.ts"]

const config: ViteUserConfig = defineConfig({
  oxc: { target: "es2023" },
  test: {
    setupFiles: ["test/setup.ts"],
    pool: "forks",
    // Of two processors vitest would use one; some files wait for real time, hence one worker more than processors.
    maxWorkers: availableParallelism() + 1,
    testTimeout: 20_000,
    hookTimeout: 20_000,
    teardownTimeout: 5_000,
    dangerouslyIgnoreUnhandledErrors: false,
    passWithNoTests: false,
    projects: [
      {
        extends: true,
        test: { name: "apart", include: [`test/!(${rooms})/**/*.test.ts`, ...apart] },
      },
      {
        extends: true,
        test: {
          name: "shared",
          include: [`test/@(${rooms})/**/*.test.ts`],
          exclude: apart,
          isolate: false,
          // After the others, since a process is kept only while files of its kind follow each other.
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
})

export default config
