// Numbers on the command line: what they must be is said when they are not.
//
// Commander hands over text and prints the option and what it got; a wrong number must end as a usage error and
// never reach the run as NaN or 0.

import { InvalidArgumentError } from "commander"

/** Reads an integer from `least` up. */
export function integerArgument(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (text.trim() !== "" && Number.isSafeInteger(value) && value >= least) return value
    throw new InvalidArgumentError(`It must be an integer from ${least} up.`)
  }
}

/** Reads a number above 0. */
export function numberArgument(text: string): number {
  const value = Number(text)
  if (text.trim() !== "" && Number.isFinite(value) && value > 0) return value
  throw new InvalidArgumentError("It must be a number above 0.")
}
