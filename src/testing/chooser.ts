// Who comes next: by a seed, or as it was before.
//
// A schedule is a list of choices in which 0 is the order of arrival. Written down, only the others
// count: `4:1 9:2` means that the fifth choice took the second in line and the tenth the third. Half of
// the seeds pick evenly; the other half lean to one end of the line, since a task that comes last time
// and again is what even picking hardly ever makes.
import { seededRandom } from "../base/seeded-random.ts"
import type { Chooser } from "./schedule.ts"

/** Picks by chance; the same seed picks the same. */
export function chooserOf(seed: number): Chooser {
  const random = seededRandom(seed)
  const isEven = random() < 0.5
  const shareOfLast = random()
  return (count) => {
    if (isEven || random() < 0.25) return Math.floor(random() * count)
    return random() < shareOfLast ? count - 1 : 0
  }
}

/** Picks what is written in `choices`, and after them in order of arrival. */
export function replayOf(choices: readonly number[]): Chooser {
  return (count, place) => Math.min(choices[place] ?? 0, count - 1)
}

/** The choices in a short text; `""` is the order of arrival. */
export function writeChoices(choices: readonly number[]): string {
  return choices
    .map((choice, place) => (choice === 0 ? "" : `${place}:${choice}`))
    .filter((text) => text !== "")
    .join(" ")
}

/**
 * The choices of such a text.
 *
 * @throws {TypeError} If it is none.
 */
export function readChoices(text: string): number[] {
  const choices: number[] = []
  for (const word of text.split(" ").filter((part) => part !== "")) {
    const [, place, choice] = /^(\d+):(\d+)$/.exec(word) ?? []
    if (place === undefined)
      throw new TypeError(
        `Expected \`replay\` to be what a failure printed, such as "4:1 9:2", got \`${text}\``,
      )
    while (choices.length < Number(place)) choices.push(0)
    choices[Number(place)] = Number(choice)
  }
  return choices
}
