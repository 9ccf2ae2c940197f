// The program of the threads behind `runSync`.
//
// The same for both: which of them a thread is stands in what it is started with. Nothing of the user's is in the keeper,
// so that it lives whatever becomes of the worker.
import { workerData } from "node:worker_threads"
import type { SyncSetting } from "./sync-message.ts"
import { serveSync } from "./sync-server.ts"

serveSync((workerData as { readonly tsyncio: SyncSetting }).tsyncio)
