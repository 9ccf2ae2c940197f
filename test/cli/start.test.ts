// The demonstration behind `npm start`.

import { readFile } from "node:fs/promises"
import { expect, it } from "vitest"
import { command } from "./command.ts"

const root = new URL("../../", import.meta.url)

it("the demonstration answers all questions of the project in spite of failures, and tells where", async () => {
  const questions = (await readFile(new URL("examples/questions.jsonl", root), "utf8")).trimEnd().split("\n")
  expect(questions.length).toBeGreaterThanOrEqual(200)
  const ended = await command([], { program: "cli/start.js" })
  expect(ended).toMatchObject({ code: 0, signal: null })
  const path = /^Results are in (.*)$/m.exec(ended.stdout)?.[1] ?? ""
  const answers = (await readFile(path, "utf8")).trimEnd().split("\n")
  expect(answers).toHaveLength(questions.length)
  expect(ended.stdout).toMatch(/^It spoiled on purpose: \d+ /m)
  expect(ended.stdout).toMatch(/ 0 over its limit$/m)
})
