/** What a stretch of source text is. Comments and strings are tokens of their own, so no law mistakes them for code. */
export type TokenKind =
  "name" | "private" | "number" | "string" | "template" | "regexp" | "punctuator" | "comment"

export interface Token {
  readonly kind: TokenKind
  /** As written, quotes and comment signs included. */
  readonly text: string
  /** Offset of the first character. */
  readonly start: number
  /** Offset behind the last character. */
  readonly end: number
  /** Line of the first character, from 1 up. */
  readonly line: number
  /** How many `{`, `(`, `[` and `${` are open around it; an opening bracket has the depth it stands in. */
  readonly depth: number
}

/** The tokens of a TypeScript or JavaScript text, in order; white space is left out. */
export function tokens(text: string): Token[]

/** The tokens without comments. */
export function code(text: string): Token[]

/** What a string token stands for. */
export function stringValue(token: Token): string
