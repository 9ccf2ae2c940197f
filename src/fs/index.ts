/**
 * Files: read, write, list, walk, line by line, so many at a time, and such as go with their scope.
 *
 * Read read-text, write-text, replace-file; then lines and walk; then process-files and
 * temporary-directory. What all of them wait by is file-wait.
 *
 * @module
 */
export { appendText } from "./append-text.ts"
export { FileError } from "./file-error.ts"
export type { FilePath } from "./file-path.ts"
export type { Lines, LinesOptions } from "./lines.ts"
export { lines } from "./lines.ts"
export { list } from "./list.ts"
export type { FileResults, ProcessFilesOptions } from "./process-files.ts"
export { processFiles } from "./process-files.ts"
export { readBytes } from "./read-bytes.ts"
export { readText } from "./read-text.ts"
export type { TemporaryOptions } from "./temporary-directory.ts"
export { TemporaryPlace, temporaryDirectory, temporaryFile } from "./temporary-directory.ts"
export type { WalkEntry, WalkOptions } from "./walk.ts"
export { walk } from "./walk.ts"
export type { WriteOptions } from "./write-text.ts"
export { writeBytes, writeText } from "./write-text.ts"
