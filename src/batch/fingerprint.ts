// A 64-bit fingerprint of a text, as two unsigned 32-bit halves.
//
// Ids are remembered by fingerprint and not by text, so a run over ten million lines stays small. Not a
// cryptographic hash: nobody gains by forging a collision with their own file. Among a million ids two
// agree with a chance of one in 37 million, and then a line is reported as a duplicate, not lost in
// silence. The two halves are mixed with different constants and crossed at the end, so they do not
// collide together. The result is written into output files: it must never change.

/** Two unsigned 32-bit halves. */
export interface Fingerprint {
  readonly high: number
  readonly low: number
}

/** Fingerprints a text by its UTF-16 code units. */
export function fingerprint(text: string): Fingerprint {
  let a = 0x2f0b4c47
  let b = 0x7a1d93e5
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    a = Math.imul(a ^ Math.imul(unit + 0x51, 0x1b873593), 0xcc9e2d51)
    a = (a << 13) | (a >>> 19)
    b = Math.imul(b ^ Math.imul(unit + 0xa3, 0x2545f491), 0x9e3779b1)
    b = (b << 17) | (b >>> 15)
  }
  a = stir(a ^ text.length)
  b = stir(b ^ Math.imul(text.length, 0x85ebca77))
  return { high: stir(a ^ Math.imul(b, 0x27d4eb2f)) >>> 0, low: stir(b ^ Math.imul(a, 0x165667b1)) >>> 0 }
}

/** The 16 hex digits of a fingerprint. */
export function fingerprintHex(print: Fingerprint): string {
  return hex32(print.high) + hex32(print.low)
}

/** The 8 hex digits of an unsigned 32-bit number. */
export function hex32(value: number): string {
  return hex8(value >>> 24) + hex8(value >>> 16) + hex8(value >>> 8) + hex8(value)
}

/** The digits of each byte: `toString` is ten times slower for numbers above 2 ** 30. */
const bytes: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"))

function hex8(value: number): string {
  return bytes[value & 0xff] as string
}

function stir(value: number): number {
  let v = Math.imul(value ^ (value >>> 16), 0x7feb352d)
  v = Math.imul(v ^ (v >>> 15), 0x846ca68b)
  return v ^ (v >>> 16)
}
