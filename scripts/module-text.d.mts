import type { Token } from "./lexer.d.mts"

/** One `import`, `export … from` or `import()` with a literal specifier. */
export interface ImportText {
  readonly specifier: string
  /** Names as the other module has them; empty for `import "x"`, `import * as x` and `import()`. */
  readonly names: readonly { readonly imported: string; readonly local: string; readonly typeOnly: boolean }[]
  readonly typeOnly: boolean
  readonly line: number
}

export type DeclarationKind =
  "class" | "function" | "const" | "let" | "interface" | "type" | "enum" | "namespace"

/** A name that a module declares at its top level. */
export interface Declaration {
  readonly name: string
  readonly kind: DeclarationKind
  /** The `/**` comment right before it, signs included; the first one of a function with overloads. */
  readonly doc: string | undefined
  readonly exported: boolean
  readonly line: number
  /** Its tokens without comments, from `export` on; of all overloads, one after the other. */
  readonly code: readonly Token[]
  /** From the first to behind the last character, comments before it not included. */
  readonly ranges: readonly (readonly [number, number])[]
}

/** A name that a module exports. */
export interface ExportText {
  /** `*` for `export * from`. */
  readonly name: string
  readonly local: string
  readonly typeOnly: boolean
  /** The module it is passed on from. */
  readonly from: string | undefined
  readonly line: number
}

export interface ModuleText {
  readonly tokens: readonly Token[]
  readonly imports: readonly ImportText[]
  readonly exports: readonly ExportText[]
  readonly declarations: ReadonlyMap<string, Declaration>
  readonly hasDefaultExport: boolean
}

/** What a module of TypeScript takes in, declares and gives out, read from its text alone. */
export function parseModule(text: string): ModuleText

/** A name behind a door, followed to the file that declares it. */
export interface PublicName {
  readonly name: string
  readonly declaration: Declaration
  /** Whether it is a class, function or constant and exported as such. */
  readonly isValue: boolean
  /** File that declares it. */
  readonly path: string
}

/**
 * All names a module exports, through all its re-exports, sorted by name.
 *
 * @param path - A source (`.ts`) or declaration (`.d.ts`) file.
 * @throws {Error} If a re-export leads nowhere.
 */
export function publicNames(path: string): PublicName[]
