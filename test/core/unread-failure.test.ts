// Failures that nobody has looked at.
import { expect, it } from "vitest"
import type { Problem } from "../../src/index.ts"
import { Future, run } from "../../src/index.ts"

async function problemOf(debug: boolean): Promise<Problem | undefined> {
  const problems: Problem[] = []
  await run(async () => new Future<void>().setException(new Error("unseen")), {
    debug,
    onProblem: (problem) => void problems.push(problem),
  })
  return problems[0]
}

it("E1: the report names the line that made the future, in debug mode", async () => {
  expect(await problemOf(true)).toMatchObject({
    message: "An error was never looked at",
    error: { message: "unseen" },
    location: expect.stringContaining("unread-failure.test.ts"),
  })
  expect(await problemOf(false)).not.toHaveProperty("location")
})
