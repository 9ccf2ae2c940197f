// The sources as the laws see them: each file with its room, its text read into tokens, and where its imports lead.
//
// A tree is read from any folder, so that the laws can be tried on a toy house with planted faults.

import { existsSync, readFileSync, readdirSync } from "node:fs"
import { join, posix, sep } from "node:path"
import type { ModuleText } from "../../scripts/module-text.mjs"
import { parseModule } from "../../scripts/module-text.mjs"
import type { House } from "./rooms.ts"

export interface SourceFile {
  /** Relative to src/, with `/`. */
  readonly path: string
  /** First folder of the path; empty for files right in src/. */
  readonly room: string
  readonly text: string
  readonly module: ModuleText
}

/** A law looks at the whole tree and tells each fault as `path:line: what is wrong and what to do`. */
export type Law = (files: readonly SourceFile[], house: House) => string[]

export const repository: string = join(import.meta.dirname, "..", "..")

export function readTree(sources: string): SourceFile[] {
  if (!existsSync(sources)) return []
  const paths = readdirSync(sources, { recursive: true, encoding: "utf8" })
  return paths
    .filter((path) => path.endsWith(".ts"))
    .map((path) => path.split(sep).join("/"))
    .sort()
    .map((path) => {
      const text = readFileSync(join(sources, path), "utf8")
      const room = path.includes("/") ? path.slice(0, path.indexOf("/")) : ""
      return { path, room, text, module: parseModule(text) }
    })
}

/** The file of the tree that a relative specifier names. */
export function target(file: SourceFile, specifier: string): string {
  return posix.join(posix.dirname(file.path), specifier)
}

/** Whether a file is in one of the rooms, or one of the files, of a list of homes. */
export function livesIn(file: SourceFile, homes: readonly string[]): boolean {
  return homes.some((home) => file.room === home || file.path === home)
}

/** Whether a file is a door: it holds re-exports and its `@module` sign. */
export function isDoor({ path }: SourceFile): boolean {
  return /(?:^|\/)(?:index|lowlevel)\.ts$/.test(path)
}

/** `TaskGroup` and `taskGroup` as a file name: `task-group`. */
export function kebab(name: string): string {
  return name
    .replace(/([a-z\d])([A-Z])/g, "$1-$2")
    .replace(/([A-Z]+)([A-Z][a-z])/g, "$1-$2")
    .toLowerCase()
}
