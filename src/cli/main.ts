#!/usr/bin/env node
// The program `tsyncio`.
//
// Nothing but its first step, so that what comes after it can be loaded from Node's compile cache: where Node has one
// (from 22.1 on), the second start and every later one need not compile again. NODE_DISABLE_COMPILE_CACHE=1 turns it off.

import * as nodeModule from "node:module"

/** Since Node 22.1. */
const { enableCompileCache } = nodeModule as { readonly enableCompileCache?: () => unknown }

enableCompileCache?.()
const { runProgram } = await import("./program.ts")
await runProgram(process.argv)
