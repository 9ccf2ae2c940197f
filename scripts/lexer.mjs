// A small scanner of TypeScript: it knows comments, strings, templates and regular expressions from code.
//
// The laws of the house, the api dump and the doc-comment examples all read sources through it, so that
// the word `setTimeout` in a comment is not mistaken for a call. It needs no compiler and knows no grammar:
// whether `/` divides or opens a regular expression is told by the token before it, which is right for
// every text that the formatter has laid out.

/** @typedef {import("./lexer.d.mts").Token} Token */
/** @typedef {import("./lexer.d.mts").TokenKind} TokenKind */

const space = /\s+/y
const comment = /\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|(?<![\s\S])#![^\n]*/y
const name = /[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*/uy
const privateName = /#[\p{ID_Start}$_][\p{ID_Continue}$]*/uy
const number = /0[xXbBoO][\da-fA-F_]+n?|(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d+)?n?/y
const string = /"(?:[^"\\\n]|\\[\s\S])*"|'(?:[^'\\\n]|\\[\s\S])*'/y
const regexp = /\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y
const punctuator = /=>|\.\.\.|\?\.(?!\d)|[\s\S]/y

/** Words after which a `/` opens a regular expression and not a division. */
const beforeOperand = new Set(
  "return typeof case in of delete void throw new else do await yield instanceof".split(" "),
)

/** @type {import("./lexer.d.mts").tokens} */
export function tokens(text) {
  return new Scanner(text).scan()
}

/** @type {import("./lexer.d.mts").code} */
export function code(text) {
  return tokens(text).filter((token) => token.kind !== "comment")
}

/** @type {import("./lexer.d.mts").stringValue} */
export function stringValue(token) {
  const inner = token.text.slice(1, -1)
  return inner.replace(/\\(.)/g, "$1")
}

class Scanner {
  /** @param {string} text */
  constructor(text) {
    this.text = text
    this.at = 0
    this.line = 1
    /** @type {Token[]} */
    this.found = []
    /** @type {Token | undefined} the last token that is not a comment */
    this.previous = undefined
    /** The open brackets; a backtick stands for a template whose `${` is open.
     *  @type {string[]} */
    this.open = []
  }

  /** @returns {Token[]} */
  scan() {
    while (this.at < this.text.length) {
      if (this.#skip()) continue
      const [kind, end] = this.#next()
      this.#push(kind, end)
    }
    return this.found
  }

  #skip() {
    const end = this.#match(space)
    if (end === 0) return false
    this.#advance(end)
    return true
  }

  /** @returns {[TokenKind, number]} */
  #next() {
    /** @type {[TokenKind, RegExp][]} */
    const rules = [
      ["comment", comment],
      ["name", name],
      ["private", privateName],
      ["number", number],
      ["string", string],
    ]
    for (const [kind, rule] of rules) {
      const end = this.#match(rule)
      if (end > 0) return [kind, end]
    }
    const sign = this.text[this.at]
    if (sign === "`") return ["template", this.#templateEnd(this.at + 1)]
    if (sign === "}" && this.open.at(-1) === "`") {
      this.open.pop()
      return ["template", this.#templateEnd(this.at + 1)]
    }
    if (sign === "/" && this.#operandExpected()) {
      const end = this.#match(regexp)
      if (end > 0) return ["regexp", end]
    }
    return ["punctuator", this.#match(punctuator)]
  }

  /** Reads a template's text up to its end or its next `${`; the latter is noted among the open brackets.
   *  @param {number} from
   *  @returns {number} */
  #templateEnd(from) {
    let at = from
    while (at < this.text.length) {
      if (this.text[at] === "\\") at += 2
      else if (this.text[at] === "`") return at + 1
      else if (this.text.startsWith("${", at)) {
        this.open.push("`")
        return at + 2
      } else at += 1
    }
    return this.text.length
  }

  #operandExpected() {
    const before = this.previous
    if (before === undefined) return true
    if (before.kind === "punctuator") return !")]}".includes(before.text)
    if (before.kind === "template") return before.text.endsWith("${")
    return before.kind === "name" && beforeOperand.has(before.text)
  }

  /** @param {RegExp} rule @returns {number} where the match ends, 0 if there is none */
  #match(rule) {
    rule.lastIndex = this.at
    return rule.test(this.text) ? rule.lastIndex : 0
  }

  /** @param {TokenKind} kind @param {number} end */
  #push(kind, end) {
    const text = this.text.slice(this.at, end)
    const bracket = kind === "punctuator"
    if (bracket && ")]}".includes(text)) this.open.pop()
    const opened = kind === "template" && text.endsWith("${") && this.open.at(-1) === "`" ? 1 : 0
    const depth = this.open.length - opened
    /** @type {Token} */
    const token = { kind, text, start: this.at, end, line: this.line, depth }
    this.found.push(token)
    if (kind !== "comment") this.previous = token
    if (bracket && "([{".includes(text)) this.open.push(text)
    this.#advance(end)
  }

  /** @param {number} end */
  #advance(end) {
    for (let at = this.at; at < end; at++) if (this.text[at] === "\n") this.line += 1
    this.at = end
  }
}
