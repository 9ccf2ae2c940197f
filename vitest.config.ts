// How the tests run: each file in a process of its own, with the leak guard of test/setup.ts around every test.
//
// `using` and `await using` are lowered by the transform, since Node 20 does not know them. Tests on time use the
// virtual clock, so the time limits below are for tests with real sockets and child processes.

import { availableParallelism } from "node:os"
import type { ViteUserConfig } from "vitest/config"
import { defineConfig } from "vitest/config"

const config: ViteUserConfig = defineConfig({
  oxc: { target: "es2023" },
  test: {
    include: ["test/**/*.test.ts"],
    setupFiles: ["test/setup.ts"],
    pool: "forks",
    // Of two processors vitest would use one.
    maxWorkers: availableParallelism(),
    testTimeout: 20_000,
    hookTimeout: 20_000,
    teardownTimeout: 5_000,
    dangerouslyIgnoreUnhandledErrors: false,
    passWithNoTests: false,
  },
})

export default config
