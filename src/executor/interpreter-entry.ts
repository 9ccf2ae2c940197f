// The program that the thread of an interpreter runs.
//
// The port is the interpreter's own, and not the thread's `parentPort`. There is no other way in or out: what the code
// inside does to its `globalThis` and to `process` stays inside.
import type { MessagePort } from "node:worker_threads"
import { workerData } from "node:worker_threads"
import { serveInterpreter } from "./interpreter-server.ts"

serveInterpreter((workerData as { readonly tsyncio: MessagePort }).tsyncio)
