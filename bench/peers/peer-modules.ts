// The packages we are compared with, as types of what is used of them, and how they are loaded.
//
// Their versions are pinned in peers.json; scripts/peers.mjs fetches them into .cache/peers, where a
// module of its own loads them, so that names are looked up there. A package that is not there is
// left out and told as absent.
import { existsSync, readFileSync } from "node:fs"
import type { EffectModule } from "./effect-module.js"
import type { EffectionModule } from "./effection-module.js"

type Limit = <T>(work: () => Promise<T>) => Promise<T>

interface AsyncMutexModule {
  readonly Mutex: new () => { acquire(): Promise<() => void> }
  readonly Semaphore: new (permits: number) => { acquire(): Promise<[number, () => void]> }
}

interface PQueue {
  add<T>(work: () => Promise<T>): Promise<T>
}

interface PQueueSettings {
  readonly concurrency?: number
  readonly intervalCap?: number
  readonly interval?: number
}

interface FastqModule {
  readonly default: {
    promise<T, R>(worker: (item: T) => Promise<R>, concurrency: number): { push(item: T): Promise<R> }
  }
}

/** A pool of threads that is given a file. */
interface FilePool {
  run(job: unknown, options?: { readonly name?: string }): Promise<unknown>
  destroy(): Promise<void>
}

interface FilePoolSettings {
  readonly filename: string
  readonly minThreads: number
  readonly maxThreads: number
}

interface WorkerpoolModule {
  readonly default: {
    pool(
      path: string,
      settings: { readonly minWorkers: number; readonly maxWorkers: number; readonly workerType: string },
    ): {
      exec(name: string, args: readonly unknown[]): PromiseLike<unknown>
      terminate(): PromiseLike<unknown>
    }
  }
}

/** Each peer's module by the name of its package. */
export interface PeerModules {
  readonly effect: EffectModule
  readonly effection: EffectionModule
  readonly "async-mutex": AsyncMutexModule
  readonly "p-limit": { readonly default: (concurrency: number) => Limit }
  readonly "p-queue": { readonly default: new (settings?: PQueueSettings) => PQueue }
  readonly "p-map": {
    readonly default: <T, R>(
      items: Iterable<T>,
      mapper: (item: T) => Promise<R>,
      options: { concurrency: number },
    ) => Promise<R[]>
  }
  readonly fastq: FastqModule
  readonly piscina: { readonly Piscina: new (settings: FilePoolSettings) => FilePool }
  readonly tinypool: { readonly default: new (settings: FilePoolSettings) => FilePool }
  readonly workerpool: WorkerpoolModule
}

export type PeerName = keyof PeerModules

const cache = new URL("../../../.cache/peers/", import.meta.url)

/** The installed version of a package in the cache; null if it is not there. */
export function peerVersion(name: string): string | null {
  const file = new URL(`node_modules/${name}/package.json`, cache)
  if (!existsSync(file)) return null
  return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version
}

/** A package out of the cache. */
export async function loadPeer<T>(name: string): Promise<T> {
  const loader = (await import(new URL("load.mjs", cache).href)) as { load(name: string): Promise<T> }
  return loader.load(name)
}
