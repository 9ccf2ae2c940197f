import { spawnSync } from "node:child_process"
import { join } from "node:path"
import { expect, it } from "vitest"
import { repository } from "./source-tree.ts"

it("the public face is the one committed in api/; else run `npm run api` and read the difference", () => {
  const script = join(repository, "scripts", "api.mjs")
  const { status, stderr } = spawnSync(process.execPath, [script, "--check"], { encoding: "utf8" })
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" })
})
