// A hash of a prompt that decides what is answered.
//
// It is not for secrets. What must stay true: the result does not depend on the machine, the Node
// version or the time of day.

/** A 53-bit hash of a text, as a safe integer. */
export function hashText(text: string, seed = 0): number {
  let low = 0x9e3779b9 ^ seed
  let high = 0x85ebca6b ^ seed
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index)
    low = Math.imul(low ^ code, 0x01000193)
    high = Math.imul(high ^ code, 0x27d4eb2f)
    high ^= low >>> 13
  }
  low = Math.imul(low ^ (low >>> 16), 0x7feb352d) ^ (high >>> 15)
  high = Math.imul(high ^ (high >>> 15), 0x2c1b3c6d) ^ (low >>> 16)
  return (high >>> 11) * 2 ** 32 + (low >>> 0)
}

/** The hash of a prompt in the form the mock's report uses: 14 hexadecimal digits. */
export function promptHash(prompt: string): string {
  return hashText(prompt).toString(16).padStart(14, "0")
}
