// The command `tsyncio batch validate`: what is wrong with an input, before anything is sent or paid for.
//
// Faults go to standard output, one a line, so that they can be searched and counted; the sum stands at the end.
// What must stay true: exit code 0 only if a run would send every line.

import { Command } from "commander"
import { validateBatch, type BatchValidation, type ValidateOptions } from "../batch/index.ts"
import { run } from "../core/index.ts"
import { exitCodes } from "./exit-code.ts"
import { integerArgument } from "./number-argument.ts"
import { numberText } from "./number-text.ts"

/** Options as commander hands them over. */
interface ValidateFlags extends Omit<ValidateOptions, "input" | "absoluteUrls"> {
  readonly allowAbsoluteUrls?: boolean
  readonly json?: boolean
}

/** The command, ready to be added to `batch`. */
export function validateCommand(): Command {
  return new Command("validate")
    .description("check every line of an input, and send nothing; exit code 1 if there are faults")
    .argument("<input>", "JSONL file, gzip or not; - for standard input")
    .option("--strict-openai", "apply the rules of OpenAI's hosted batches as well")
    .option("--prompt <template>", "check that each line has the values of this template")
    .option("--model <name>", "model for lines that name none")
    .option("--max-output-tokens <n>", "max_tokens for lines that set no limit", integerArgument(1))
    .option("--endpoint <path>", "path for lines that are bodies only")
    .option("--allow-absolute-urls", "take lines whose url names a host")
    .option("--json", "print the result as JSON")
    .action(async (input: string, _flags: ValidateFlags, command: Command) => {
      // Names that `batch` has as well are taken by it: both are asked.
      const { allowAbsoluteUrls, json, ...flags } = command.optsWithGlobals<ValidateFlags>()
      const { strictOpenai, prompt, model, maxOutputTokens, endpoint } = flags
      const source = input === "-" ? process.stdin : input
      const options = { input: source, strictOpenai, prompt, model, maxOutputTokens, endpoint }
      const result = await run(() => validateBatch({ ...options, absoluteUrls: allowAbsoluteUrls }))
      process.stdout.write(json === true ? `${JSON.stringify(result)}\n` : validationText(result))
      process.exitCode = result.faults === 0 ? exitCodes.allAnswered : exitCodes.someFailed
    })
}

function validationText(result: BatchValidation): string {
  const { lines, blank, requests, faults, firstFaults, warnings, firstWarnings, models } = result
  const told = (kind: string, list: BatchValidation["firstFaults"], count: number): string[] => [
    ...list.map(
      ({ line, message }) => `${kind}: ${line === 0 ? "" : `line ${numberText(line)}: `}${message}`,
    ),
    ...(count > list.length ? [`${kind}: and ${numberText(count - list.length)} more`] : []),
  ]
  const names = Object.entries(models).map(
    ([model, count]) => `${model === "" ? "no model" : model} ${numberText(count)}`,
  )
  return [
    ...told("fault", firstFaults, faults),
    ...told("warning", firstWarnings, warnings),
    `${numberText(lines)} lines, ${numberText(requests)} requests, ${numberText(blank)} blank, ${numberText(faults)} faults, ${numberText(warnings)} warnings`,
    ...(names.length === 0
      ? []
      : [`models: ${names.slice(0, 20).join(", ")}${names.length > 20 ? ", …" : ""}`]),
    "",
  ].join("\n")
}
