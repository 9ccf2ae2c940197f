// The head of every buffer that threads share: what it is, so that no thread takes it for something else.
//
//   word 0 | magic number: made by tsyncio
//   word 1 | kind: mutex, semaphore, channel
//   word 2 | layout: words in front of what the kind keeps there
//
// Whoever is handed a buffer looks at its head first. A buffer of another kind, one that is too small, or one
// that nobody made into anything is refused there, and not found out when two threads are inside.

/** Kinds of things that threads share, by the number in the head. */
const kinds = { mutex: 1, semaphore: 2, channel: 3 } as const

/** What a buffer is made into. */
export type SharedKind = keyof typeof kinds

const magic = 0x74_73_79_6e
const layout = 1
const headWords = 3

let isShared = false

/** Whether this thread has made or opened any: else there is none among the values that it sends. */
export function hasSharedMemory(): boolean {
  return isShared
}

/** Words of one buffer, behind its head. */
export interface SharedMemory {
  readonly buffer: SharedArrayBuffer
  /** Whether it was made just now, all zero. */
  readonly isNew: boolean
  readonly words: Int32Array
  /** Index of the first word that is the kind's own. */
  readonly base: number
}

/** Bytes of a buffer with so many words of its own. */
function bytesFor(ownWords: number): number {
  return (headWords + ownWords) * Int32Array.BYTES_PER_ELEMENT
}

/**
 * Makes a buffer with room for `ownWords` words.
 *
 * The head is written by {@link sealSharedMemory}, once what stands behind it is set up.
 */
export function makeSharedMemory(ownWords: number): SharedMemory {
  isShared = true
  const buffer = new SharedArrayBuffer(bytesFor(ownWords))
  return { buffer, isNew: true, words: new Int32Array(buffer), base: headWords }
}

/** Writes the head: from now on the buffer is of this kind. */
export function sealSharedMemory(memory: SharedMemory, kind: SharedKind): void {
  const { words } = memory
  words[1] = kinds[kind]
  words[2] = layout
  Atomics.store(words, 0, magic)
}

/**
 * Looks at a buffer that came from another thread.
 *
 * @throws {TypeError} If it is no SharedArrayBuffer, or not one of this kind.
 */
export function openSharedMemory(buffer: unknown, kind: SharedKind, ownWords: number): SharedMemory {
  const name = `Shared${kind[0]?.toUpperCase()}${kind.slice(1)}`
  if (!(buffer instanceof SharedArrayBuffer)) {
    throw new TypeError(
      `Expected \`buffer\` to be the \`buffer\` of a ${name}, got \`${String(buffer)}\` (${typeof buffer})`,
    )
  }
  const found = kindOf(buffer)
  if (found !== kind || buffer.byteLength < bytesFor(ownWords)) {
    const what = found === null ? "one that holds nothing of tsyncio's" : `that of a ${found}`
    throw new TypeError(
      `Expected \`buffer\` to be the \`buffer\` of a ${name}, got ${found === kind ? "a part of one" : what}: ` +
        `make it with \`new ${name}(…)\` in one thread and hand its \`buffer\` to the others`,
    )
  }
  isShared = true
  return { buffer, isNew: false, words: new Int32Array(buffer), base: headWords }
}

/** What a buffer was made into; null for one that was not made here. */
export function kindOf(buffer: SharedArrayBuffer): SharedKind | null {
  if (buffer.byteLength < bytesFor(0)) return null
  const words = new Int32Array(buffer, 0, headWords)
  if (Atomics.load(words, 0) !== magic || words[2] !== layout) return null
  const name = Object.entries(kinds).find(([, number]) => number === words[1])?.[0]
  return (name as SharedKind | undefined) ?? null
}
