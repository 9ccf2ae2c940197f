// A gzip file that grows by whole members, each of which says how long it is.
//
// What is appended in one go is a member of its own: any gzip tool reads them as one text, and a cut falls
// into one member alone. The length stands in a field of the header that others pass over, so the whole
// members of a file are found, and a torn one set aside, without guessing. What must stay true: the field is
// named `ts`, stands first, and holds the length of the member, header and trailer included.

import type { FileHandle } from "node:fs/promises"
import { gunzip, gzip } from "node:zlib"

/** Bytes of a gzip header as zlib writes it, and of the field we put behind it: length, name, size, value. */
const plainHeader = 10
const field = 2 + 2 + 2 + 4
const header = plainHeader + field

/** Text as a member. */
export async function gzipMember(text: string | Uint8Array): Promise<Buffer> {
  const plain = await new Promise<Buffer>((resolve, reject) => {
    gzip(text, (error, bytes) => (error === null ? resolve(bytes) : reject(error)))
  })
  const member = Buffer.allocUnsafe(plain.length + field)
  plain.copy(member, 0, 0, plainHeader)
  member[3] = (plain[3] ?? 0) | 4
  member.writeUInt16LE(field - 2, 10)
  member.write("ts", 12, "latin1")
  member.writeUInt16LE(4, 14)
  member.writeUInt32LE(member.length, 16)
  plain.copy(member, header, plainHeader)
  return member
}

/** A whole member, and where it ends in the file. */
interface Member {
  readonly text: Buffer
  readonly end: number
}

/**
 * Reads members that {@link gzipMember} made, from an offset on.
 *
 * **Cancellation.** Between two members.
 *
 * @returns The members up to the end of the file, or up to one that is torn or somebody else's.
 */
export async function* gzipMembers(file: FileHandle, from: number): AsyncGenerator<Member> {
  const head = Buffer.allocUnsafe(header)
  const { size } = await file.stat()
  for (let start = from; ;) {
    const { bytesRead } = await file.read(head, 0, header, start)
    const length = bytesRead === header ? lengthIn(head) : null
    // A damaged length may be anything.
    if (length === null || start + length > size) return
    const bytes = Buffer.allocUnsafe(length)
    const { bytesRead: found } = await file.read(bytes, 0, length, start)
    const text = found === length ? await decompressed(bytes) : null
    if (text === null) return
    start += length
    yield { text, end: start }
  }
}

/** The text of a member, or null if it is damaged. */
async function decompressed(bytes: Buffer): Promise<Buffer | null> {
  return await new Promise((resolve) => gunzip(bytes, (error, text) => resolve(error === null ? text : null)))
}

/** Whether these bytes begin a gzip file, whoever wrote it. */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b
}

/** Whether these bytes, which are no whole member, can be the beginning of one, or what a lost write left. */
export function isTornMember(bytes: Buffer): boolean {
  if (bytes.every((byte) => byte === 0)) return true
  const hasName = bytes.length < 14 || bytes.toString("latin1", 12, 14) === "ts"
  return bytes[0] === 0x1f && (bytes.length < 2 || bytes[1] === 0x8b) && hasName
}

/** Whether a name asks for gzip. */
export function isGzipName(path: string): boolean {
  return path.endsWith(".gz")
}

/** The length of the member that begins with these bytes, or null if it is none of ours. */
function lengthIn(head: Buffer): number | null {
  const isOurs = isGzip(head) && ((head[3] ?? 0) & 4) !== 0 && head.toString("latin1", 12, 14) === "ts"
  const length = isOurs ? head.readUInt32LE(16) : 0
  return length > header ? length : null
}
