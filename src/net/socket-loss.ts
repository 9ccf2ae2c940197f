// What broke a socket, in the words of the house.
//
// A system has several words for "the other side is gone", by when and where it is noticed. They are one
// class here, with the system's word as its code; everything else (a time-out of the system's own, an
// alert of TLS) stays what it is.
import { ConnectionResetError } from "../stream/index.ts"

const gone = new Set([
  "ECONNRESET",
  "EPIPE",
  "ECONNABORTED",
  "ERR_STREAM_DESTROYED",
  "ERR_STREAM_PREMATURE_CLOSE",
])

/** The error to tell of a socket that broke with `error`. */
export function socketLoss(error: Error & { readonly code?: string }): Error {
  const { code } = error
  if (code === undefined || !gone.has(code)) return error
  return new ConnectionResetError(`The other side is gone: ${error.message}`, { code, cause: error })
}
