/** An example that stands in a doc comment. */
export interface DocExample {
  /** The name it belongs to. */
  readonly name: string
  readonly title: string
  /** Source file, relative to the repository. */
  readonly path: string
  /** Line of its first line there. */
  readonly line: number
  readonly source: string
  /** Whether it is run, not only compiled. */
  readonly runs: boolean
  /** The module it is written to, absolute. */
  readonly module: string
}

/** tsconfig of the written modules, relative to the repository. */
export const exampleProject: string

/** Writes all examples of src/ out as modules; each exports `example` and `inRun`. */
export function writeExamples(): DocExample[]

/** The examples in the doc comments of one source text. */
export function examplesIn(path: string, text: string): DocExample[]
