// Which server the answers of an earlier run are from.
//
// The first line of metrics that a run writes names the place it asks: host and path, without a query, which may hold
// a key. Records do not, since they are in somebody else's format. A run that goes on at another place is no mistake
// (the same model moves, a proxy comes between), but nobody should do it without noticing.

import { open } from "node:fs/promises"
import { gzipMembers, isGzipName } from "./gzip-members.ts"

/** Bytes in which the first line of a file must end. */
const looked = 1024 * 1024

/** What is compared and shown of a base URL; whether it ends in `/v1` does not matter. */
export function placeOf({ origin, pathname }: URL): string {
  return `${origin}${pathname.replace(/\/+$/, "").replace(/\/v1$/, "")}`
}

/** The place that the first run with these metrics asked; null if there are none that say it. */
export async function askedBefore(metrics: string): Promise<string | null> {
  const [line] = (await beginning(metrics)).split("\n", 1)
  try {
    const { base_url: place } = JSON.parse(line ?? "") as { readonly base_url?: unknown }
    return typeof place === "string" ? place : null
  } catch {
    return null
  }
}

async function beginning(path: string): Promise<string> {
  const file = await open(path, "r").catch(() => null)
  if (file === null) return ""
  try {
    if (isGzipName(path)) {
      for await (const { text } of gzipMembers(file, 0)) return text.toString("utf8")
      return ""
    }
    const { buffer, bytesRead } = await file.read(Buffer.alloc(looked), 0, looked, 0)
    return buffer.toString("utf8", 0, bytesRead)
  } finally {
    await file.close()
  }
}
