import type { ContextVar } from "../../src/index.ts"

export declare const add: (a: number, b?: number) => number
export declare const echo: <T>(value: T) => T
export declare const count: () => number
export declare const where: () => { isMainThread: boolean; threadId: number; pid: number }
export declare const fail: (message: string) => never
export declare const throwValue: (value: unknown) => never
export declare const giveFunction: () => () => number
export declare const block: (ms: number) => number
export declare const untilTold: (shared: SharedArrayBuffer) => string
export declare const untilThrown: (shared: SharedArrayBuffer) => never
export declare const untilSet: (shared: SharedArrayBuffer) => number
export declare const nap: (ms: number, path?: string) => Promise<string>
export declare const stubborn: () => Promise<never>
export declare const nameOfTask: () => Promise<string | undefined>
export declare const leaveTasks: (shared: SharedArrayBuffer) => Promise<void>
export declare const exit: (code: number) => never
export declare const kill: (signal: string) => boolean
export declare const killAll: () => Promise<never>
export declare const sum: (numbers: readonly number[]) => number
export declare const increment: (shared: SharedArrayBuffer) => number
export declare const fillBytes: (bytes: Uint8Array<ArrayBuffer>, value: number) => Uint8Array
export declare const append: (list: number[], item: number) => number
export declare const user: ContextVar<string>
export declare const token: ContextVar<unknown>
export declare const readUser: () => Promise<unknown[]>
export declare const twice: () => number
export declare const twiceAgain: () => number
export declare const makeLocal: (n: number) => () => number
