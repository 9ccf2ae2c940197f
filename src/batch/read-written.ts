// A good answer that stands in the output as it was written, read without parsing it.
//
// A run that is continued reads every record there is, and parsing bodies that nobody looks at is most of the work.
// What must stay true: what is taken here is taken by `readRecord` as well, with the same outcome. The words around
// the body are compared as text, the name with the custom_id, and the body with its checksum, which is that of the
// body in the compact form; a body in another form, an escape, `x_run` or a doubt, and the record is parsed.

import { crc32 } from "node:zlib"
import { fingerprint, fingerprintHex } from "./fingerprint.ts"

/** A good answer, as it is read back. */
export class WrittenRecord {
  readonly customId: string
  /** Fingerprint of the request. */
  readonly request: number
  readonly status: number
  readonly errorCode: null = null
  readonly message: null = null
  readonly run: null = null
  /** JSON text. */
  readonly #body: string

  constructor(customId: string, request: number, status: number, body: string) {
    this.customId = customId
    this.request = request
    this.status = status
    this.#body = body
  }

  /** Parsed when it is asked for. */
  get body(): unknown {
    return JSON.parse(this.#body) as unknown
  }
}

/** Up to the body; texts with escapes or characters beyond ASCII are left to the parser. */
const head =
  /^\{"id":"batch_req_([0-9a-f]{16})([0-9a-f]{8})([0-9a-f]{8})","custom_id":"([ !#-[\]-~]*)","response":\{"status_code":(2\d\d),"request_id":"[ !#-[\]-~]*","body":/
const tail = '},"error":null}'

/** Reads a line of the output; null if it has to be parsed. */
export function readWritten(text: string): WrittenRecord | null {
  const found = head.exec(text)
  if (found === null || !text.endsWith(tail)) return null
  const [begin, name, request, check, customId, status] = found as unknown as HeadParts
  const body = text.slice(begin.length, -tail.length)
  if (crc32(body) !== Number.parseInt(check, 16)) return null
  if (fingerprintHex(fingerprint(customId)) !== name) return null
  return new WrittenRecord(customId, Number.parseInt(request, 16), Number(status), body)
}

type HeadParts = readonly [
  begin: string,
  name: string,
  request: string,
  check: string,
  customId: string,
  status: string,
]
