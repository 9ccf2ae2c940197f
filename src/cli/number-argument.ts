// Numbers on the command line: what they must be is said when they are not.
//
// Commander hands over text; a wrong number ends as a usage error that names the option.

import { InvalidArgumentError } from "commander"

/** Reads an integer from `least` up. */
export function integerFrom(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (text.trim() !== "" && Number.isSafeInteger(value) && value >= least) return value
    throw new InvalidArgumentError(`It must be an integer from ${least} up.`)
  }
}

/** Reads a number above 0. */
export function numberAbove0(text: string): number {
  const value = Number(text)
  if (text.trim() !== "" && Number.isFinite(value) && value > 0) return value
  throw new InvalidArgumentError("It must be a number above 0.")
}
