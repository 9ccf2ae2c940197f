// Files that clients have uploaded, and those that batches leave behind.
//
// Kept in memory until the server ends. Ids are counted, so a test knows them. What must stay true:
// the content comes back byte for byte as it went up.
import { clock } from "../core/lowlevel.ts"

/** A file, as the service describes it. */
export interface MockFile {
  readonly id: string
  readonly object: "file"
  readonly bytes: number
  readonly created_at: number
  readonly filename: string
  readonly purpose: string
  readonly status: "processed"
}

export class MockFiles {
  /** By id, in order of arrival. */
  readonly #files = new Map<string, { readonly file: MockFile; readonly text: string }>()
  #count = 0

  add(filename: string, purpose: string, text: string): MockFile {
    this.#count += 1
    const file: MockFile = {
      id: `file-${String(this.#count).padStart(6, "0")}`,
      object: "file",
      bytes: Buffer.byteLength(text),
      created_at: Math.floor(clock.wallTime() / 1_000),
      filename,
      purpose,
      status: "processed",
    }
    this.#files.set(file.id, { file, text })
    return file
  }

  /** A file by its id. */
  find(id: string): { readonly file: MockFile; readonly text: string } | undefined {
    return this.#files.get(id)
  }

  delete(id: string): void {
    this.#files.delete(id)
  }

  /** The newest first. */
  list(): MockFile[] {
    return [...this.#files.values()].map(({ file }) => file).reverse()
  }
}
