// One question in a process of its own, so that none is measured on what another left behind:
// `node line.js NAME` prints the answer of a question of rates as JSON, `node line.js --cost NAME
// PROGRAM` what one program of a question of costs gives, `node line.js --profile NAME` a profile of ours.
import { costOf } from "./measure-cost.js"
import { measureRate } from "./measure-rate.js"
import { profileRate } from "./profile-rate.js"
import { questions } from "./questions.js"

const [first = "", second = "", program = ""] = process.argv.slice(2)
const name = first.startsWith("--") ? second : first
const question = questions.find((candidate) => candidate.name === name)
if (question === undefined) throw new Error(`No question is called ${name}`)
const answer =
  question.kind === "cost"
    ? await costOf(question, program)
    : await (first === "--profile" ? profileRate(question) : measureRate(question))
process.stdout.write(`${JSON.stringify(answer)}\n`)
