// Templates: what a place may name, and what happens when a line lacks it.

import { describe, expect, it } from "vitest"
import { BatchRefusedError } from "../../src/batch/batch-refused-error.ts"
import { MissingValueError, PromptTemplate } from "../../src/batch/prompt-template.ts"

const line = {
  question: "Why?",
  turns: ["first", "second"],
  meta: { lang: "en", "a b": 1 },
  n: 0,
  yes: false,
  none: null,
  list: [1, { a: "ü" }],
}

describe("PromptTemplate", () => {
  it.each([
    ["{{question}}", "Why?"],
    ["Q: {{ question }}!", "Q: Why?!"],
    ["{{turns.0}}/{{turns.1}}", "first/second"],
    ["{{meta.lang}}{{meta.a b}}", "en1"],
    ["{{n}} {{yes}}", "0 false"],
    ["{{list}}", '[1,{"a":"ü"}]'],
    ["{{list.1.a}}", "ü"],
    ["no places }}", "no places }}"],
    ["{ {question} {{question}} }", "{ {question} Why? }"],
    ["", ""],
  ])("renders %j as %j", (source, expected) => {
    expect(new PromptTemplate(source).render(line)).toBe(expected)
  })

  it.each(["{{missing}}", "{{turns.2}}", "{{none}}", "{{question.length}}", "{{meta.toString}}", "{{n.x}}"])(
    "finds nothing for %j in the line",
    (source) => {
      expect(() => new PromptTemplate(source).render(line)).toThrow(MissingValueError)
      expect(() => new PromptTemplate(source).render(line)).toThrow(source)
    },
  )

  it("does not fill in places that a value brings", () => {
    expect(new PromptTemplate("{{question}}").render({ question: "{{secret}}", secret: "no" })).toBe(
      "{{secret}}",
    )
  })

  it.each(["{{question", "{{}}", "{{a..b}}", "{{.a}}", "ok {{a}} {{"])(
    "refuses the template %j",
    (source) => {
      expect(() => new PromptTemplate(source)).toThrow(BatchRefusedError)
    },
  )

  it("lists its paths", () => {
    expect(new PromptTemplate("{{a.b}} {{c}}").paths).toEqual(["a.b", "c"])
  })
})
