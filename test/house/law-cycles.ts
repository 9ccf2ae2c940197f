// Law 2, second half: no file and no room leads back to itself, type imports included.

import type { Law } from "./source-tree.ts"
import { target } from "./source-tree.ts"

type Graph = ReadonlyMap<string, ReadonlySet<string>>

export const cycles: Law = (files) => {
  const known = new Set(files.map((file) => file.path))
  const byFile = new Map<string, Set<string>>()
  const byRoom = new Map<string, Set<string>>()
  for (const file of files) {
    const targets = file.module.imports
      .map(({ specifier }) => target(file, specifier))
      .filter((to) => known.has(to))
    byFile.set(file.path, new Set(targets))
    const rooms = byRoom.get(file.room) ?? new Set()
    byRoom.set(file.room, rooms)
    for (const to of targets) {
      const room = to.includes("/") ? to.slice(0, to.indexOf("/")) : ""
      if (room !== file.room) rooms.add(room)
    }
  }
  return [...loops(byFile).map(tell("files")), ...loops(byRoom).map(tell("rooms"))]
}

function tell(what: string): (loop: string[]) => string {
  return (loop) => `${loop[0]}: a cycle of ${what}: ${loop.join(" -> ")}`
}

/** One loop for each edge that closes one, on a walk that visits everything once. */
function loops(graph: Graph): string[][] {
  const found: string[][] = []
  const finished = new Set<string>()
  const trail: string[] = []
  const visit = (node: string): void => {
    if (finished.has(node)) return
    const at = trail.indexOf(node)
    if (at !== -1) {
      found.push([...trail.slice(at), node])
      return
    }
    trail.push(node)
    for (const next of graph.get(node) ?? []) visit(next)
    trail.pop()
    finished.add(node)
  }
  for (const node of graph.keys()) visit(node)
  return found
}
