// Messages of the library in the words of the command line.

import { expect, it } from "vitest"
import { optionWords } from "../../src/cli/option-words.ts"

it("names options as they are typed, and leaves all else alone", () => {
  const names = new Set(["failRate", "rpm"])
  expect(optionWords("Expected `failRate` to be a number from 0 to 1, got `2` (number)", names)).toBe(
    "Expected `--fail-rate` to be a number from 0 to 1, got `2` (number)",
  )
  expect(optionWords("`rpm` and `somethingElse`, failRate", names)).toBe(
    "`--rpm` and `somethingElse`, failRate",
  )
})
