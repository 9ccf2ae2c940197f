// The error for a caller's mistake.
//
// One sentence for the whole house: what was expected of which argument, and what was given. A value
// of the right kind that makes no sense is a RangeError, another kind of thing a TypeError.

/**
 * The error to throw for `value`, given as `name`.
 *
 * @param kind - What `typeof` says of values of the right kind.
 */
export function misuse(name: string, expected: string, value: unknown, kind = "number"): Error {
  const ErrorClass = typeof value === kind ? RangeError : TypeError
  return new ErrorClass(`Expected \`${name}\` to be ${expected}, got \`${String(value)}\` (${typeof value})`)
}
