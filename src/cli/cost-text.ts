// Money in the report and on the progress line.
//
// What nobody knows is called unknown, with the way out, and never shown as 0. An amount that rests on an estimate
// says so, and what may have been billed stands apart from what was.

import { dollarText } from "../base/dollar-text.ts"
import type { BatchCost, BatchSummary, ModelCost } from "../batch/index.ts"
import { numberText } from "./number-text.ts"

/** Models with a line of their own in the report. */
const mostModels = 10

/** Rows of the closing report; none for a run without a counted answer. */
export function costRows({ cost, notAttempted }: BatchSummary): [string, string][] {
  const { known, models, maybeBilled, projected, projectedFrom, unlimited } = cost
  const rows: [string, string][] = []
  const priced = models.filter((model) => model.cost !== null)
  if (priced.length > 0) rows.push(["cost", `${dollarText(known)}${datesText(priced)}`])
  if (priced.length > 1) for (const model of priced.slice(0, mostModels)) rows.push(["", modelText(model)])
  for (const { model, answers } of models
    .filter(({ cost: amount }) => amount === null)
    .slice(0, mostModels)) {
    const what = `${numberText(answers)} answers of model ${model === "" ? "(none named)" : model}`
    rows.push(["cost unknown", `for ${what}: give --prices`])
  }
  const estimated = models.reduce((sum, model) => sum + model.estimated, 0)
  if (estimated > 0)
    rows.push(["estimated", `${numberText(estimated)} answers without usage, their tokens are a guess`])
  if (maybeBilled === null || maybeBilled > 0)
    rows.push([
      "maybe billed",
      `${maybeBilled === null ? "an unknown amount" : `up to ${dollarText(maybeBilled)}`} more`,
    ])
  if (projected !== null && notAttempted !== null && notAttempted > 0)
    rows.push([
      "at the end",
      `about ${dollarText(projected)}, if the rest is like the ${numberText(projectedFrom)} lines so far`,
    ])
  if (unlimited > 0)
    rows.push([
      "no limit set",
      `by ${numberText(unlimited)} requests for their answers: the budget assumed one; --max-output-tokens sets it`,
    ])
  return rows
}

/** Cost so far and of the whole input, for the progress line; null if no price is known. */
export function costText({ known, unknownAnswers, projected }: BatchCost): string | null {
  if (known === 0) return null
  const whole = projected === null ? "" : ` of ~${dollarText(projected)}`
  return `${dollarText(known)}${unknownAnswers > 0 ? "+" : whole}`
}

function modelText({ model, answers, cost }: ModelCost): string {
  return `${dollarText(cost ?? 0)} for ${numberText(answers)} answers of ${model}`
}

/** How old the prices are; nothing for prices of the user without a date. */
function datesText(models: readonly ModelCost[]): string {
  const dates = models.flatMap(({ asOf }) => asOf ?? []).sort()
  const [first, last] = [dates[0], dates.at(-1)]
  if (first === undefined || last === undefined) return ""
  return `, at prices of ${first === last ? first : `${first} to ${last}`}`
}
