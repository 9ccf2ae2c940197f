// What a worker of workerpool loads: it registers what it can do.
import { createRequire } from "node:module"

const require = createRequire(new URL("../../../.cache/peers/", import.meta.url))
const workerpool = require("workerpool") as { worker(functions: object): void }
workerpool.worker({ echo: (n: number) => n })
