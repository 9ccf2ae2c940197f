// Where in the user's program something happened, read from the stack of an error.
//
// Frames of the runtime's own files and of Node's are left out: what remains first is the line of the user
// that led there. Stacks are text, and reading them is dear; who asks for a place asks once.

/** The first frame of the caller's stack that is not the runtime's own, or undefined. */
export function callerLocation(): string | undefined {
  return placeOf(new Error("location"))
}

/** The first frame of `error`'s stack that is not the runtime's own, or undefined. */
export function placeOf(error: Error | null): string | undefined {
  return error === null ? undefined : framesOf(error)[0]
}

/** The frames of `error`'s stack that are not the runtime's own, innermost first. */
export function framesOf(error: Error): string[] {
  const lines = error.stack?.split("\n").slice(1) ?? []
  const isForeign = (line: string): boolean => !line.includes(ownUrl) && !line.includes(ownPath)
  const frames = lines.filter((line) => isForeign(line) && !line.includes("node:"))
  return frames.map((line) => line.trim().replace(/^at /, ""))
}

/** The text of a stack without the runtime's own frames, and without those of Node that led to them. */
export function ownFramesOut(stack: string): string {
  const isKept = (line: string): boolean =>
    !line.includes(ownUrl) && !line.includes(ownPath) && !line.includes("node:async_hooks")
  return stack.split("\n").filter(isKept).join("\n")
}

/** Folder of the runtime's own files, `src/` or `dist/`, as frames name it: as a URL, or as a path. */
const ownUrl = new URL("..", import.meta.url).href
const ownPath = decodeURIComponent(new URL("..", import.meta.url).pathname)
