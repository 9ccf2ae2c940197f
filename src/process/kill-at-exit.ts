// Children that are alive, so that none outlives this process.
//
// When Node leaves, in whichever way it can still say so, each of them and all that it has started is
// killed. A process that is killed itself (SIGKILL, or a signal nobody listens to) says nothing, and its
// children live on. What must stay true: the listener is there only while there is somebody to kill.
import type { ProcessGroup } from "./process-group.ts"

const living = new Set<ProcessGroup>()

/** Kills `group` when this process leaves; the function it gives lets go of it. */
export function killAtExit(group: ProcessGroup): () => void {
  if (living.size === 0) process.on("exit", killLivingChildren)
  living.add(group)
  return () => {
    if (living.delete(group) && living.size === 0) process.off("exit", killLivingChildren)
  }
}

function killLivingChildren(): void {
  for (const group of living) group.send("SIGKILL")
}
