// An answer in words: a line for each program, with the ratio ours / theirs and the bar where it is missed.
import type { Answer, Figure } from "./answer.js"
import { barOf, limitOf, ratioOf } from "./answer.js"

/** The lines of one answer; the question is repeated only if `isFirst`. */
export function tellAnswer(answer: Answer, isFirst: boolean): string {
  const { name, what, node, figures, absent } = answer
  const lines = [isFirst ? `\n${name}: ${what}` : ""].filter((line) => line !== "")
  lines.push(`  on Node ${node}`)
  for (const figure of figures) {
    const ratio = ratioOf(answer, figure)
    const bar = barOf(answer, figure.program)
    const missed = ratio !== null && bar !== null && ratio < bar ? `  below the bar of ${bar}` : ""
    const limit = limitOf(answer, figure.program)
    const above = limit !== null && figure.median > limit ? `  above the bar of ${limit}` : ""
    const beside = ratio === null ? "" : `  us / it ${ratio.toFixed(2)}${missed}`
    const range = `(${tellValue(answer, figure.min)} to ${tellValue(answer, figure.max)})`
    lines.push(
      `    ${figure.program.padEnd(20)} ${tellMedian(answer, figure)}  ${range.padEnd(24)}${beside}${above}`,
    )
  }
  for (const program of absent) lines.push(`    ${program.padEnd(20)} absent`)
  return lines.join("\n")
}

function tellMedian(answer: Answer, { median }: Figure): string {
  const unit = answer.unit === "op/s" ? "M op/s" : answer.unit
  return `${tellValue(answer, median).padStart(9)} ${unit}`
}

/** A figure to three places that count; operations in millions. */
function tellValue({ unit }: Answer, value: number): string {
  const shown = unit === "op/s" ? value / 1e6 : value
  if (shown >= 1000) return Math.round(shown).toLocaleString("en")
  return shown >= 100 ? shown.toFixed(0) : shown.toPrecision(3)
}

/** Every bar that is not reached, in words. */
export function missedBars(answers: readonly Answer[]): string[] {
  return answers.flatMap((answer) =>
    answer.figures.flatMap((figure) => {
      const { program, median } = figure
      const ratio = ratioOf(answer, figure)
      const bar = barOf(answer, program)
      const limit = limitOf(answer, program)
      const where = `${answer.name} on Node ${answer.node}`
      if (limit !== null && median > limit)
        return [`${where}: ${tellValue(answer, median)} ${answer.unit}, wanted ${limit}`]
      if (ratio === null || bar === null || ratio >= bar) return []
      return [`${where}: ${ratio.toFixed(2)} of ${program}, wanted ${bar}`]
    }),
  )
}
