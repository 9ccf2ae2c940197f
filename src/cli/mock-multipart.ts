// Reads the form in which files are uploaded.
//
// The body is text already, which JSONL is as well; a file of other bytes would not survive, and the
// mock has no use for one. What must stay true: a form that is cut or has no boundary is refused, not
// guessed at.

/** One field of a form. */
export interface MockMultipartField {
  readonly name: string
  /** Name of the file; null for a plain field. */
  readonly filename: string | null
  readonly text: string
}

/** The fields of a `multipart/form-data` body; null if it is none. */
export function readMultipart(contentType: string | undefined, body: string): MockMultipartField[] | null {
  const [, quoted, bare] =
    /^multipart\/form-data;.*boundary=(?:"([^"]+)"|([^\s;]+))/i.exec(contentType ?? "") ?? []
  const boundary = quoted ?? bare
  if (boundary === undefined) return null
  const [preamble, ...parts] = `\r\n${body}`.split(`\r\n--${boundary}`)
  const end = parts.pop()
  if (preamble !== "" || end === undefined || !end.startsWith("--")) return null
  const fields: MockMultipartField[] = []
  for (const part of parts) {
    const headEnd = part.indexOf("\r\n\r\n")
    const head = part.slice(0, headEnd)
    const name = /\bname="([^"]*)"/i.exec(head)?.[1]
    if (headEnd === -1 || name === undefined) return null
    const filename = /\bfilename="([^"]*)"/i.exec(head)?.[1] ?? null
    fields.push({ name, filename, text: part.slice(headEnd + 4) })
  }
  return fields
}
