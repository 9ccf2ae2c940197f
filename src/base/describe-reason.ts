// The text of whatever was thrown or given, for messages and reports.
//
// Anything can be thrown, also what throws when it is looked at: this must not throw, and must not call more
// of a stranger's code than it takes to get a text.

/** Text of any thrown value, for messages and reports; of one that throws when it is looked at as well. */
export function describeReason(reason: unknown): string {
  try {
    if (reason instanceof Error) return String(reason.message === "" ? reason.name : reason.message)
    return String(reason)
  } catch {
    return typeof reason === "function" ? "[object Function]" : "[object Object]"
  }
}
