// How large is each door, minified and compressed?
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { gzipSync } from "node:zlib"
import { loadPeer, peerVersion } from "../peers/peer-modules.js"
import type { CostQuestion } from "../question.js"

interface Esbuild {
  build(options: object): Promise<{ outputFiles: { contents: Uint8Array }[] }>
}

const checkout = new URL("../../../", import.meta.url)

/** Doors and the files behind them, from package.json. */
function doors(): [door: string, file: string][] {
  const { exports } = JSON.parse(readFileSync(new URL("package.json", checkout), "utf8")) as {
    exports: Record<string, string | { default: string }>
  }
  return Object.entries(exports).flatMap(([path, target]) =>
    typeof target === "string" ? [] : [[`door tsyncio${path.slice(1)}`, target.default]],
  )
}

/** What a program takes that wants no more than groups, limits and a map. */
const few = "run, taskGroup, sleep, timeout, map"

/** kB of these names of a door with all of ours behind them; dependencies are left out. */
async function size(file: string, names: string): Promise<number[]> {
  const esbuild = await loadPeer<Esbuild>("esbuild")
  const { outputFiles } = await esbuild.build({
    stdin: {
      contents: `export ${names} from ${JSON.stringify(`./${file}`)}`,
      resolveDir: fileURLToPath(checkout),
    },
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    platform: "node",
    packages: "external",
  })
  const bytes = outputFiles[0]?.contents
  return bytes === undefined ? [] : [gzipSync(bytes, { level: 9 }).length / 1000]
}

export const doorSize: CostQuestion = {
  kind: "cost",
  name: "door-size",
  what: "bytes of each door, minified by esbuild and compressed by gzip, with all of ours behind it and no dependency; and of a few names of one",
  parts: [{ name: "door-size", unit: "kB" }],
  rounds: 1,
  programs:
    peerVersion("esbuild") === null
      ? {}
      : {
          ...Object.fromEntries(doors().map(([door, file]) => [door, () => size(file, "*")])),
          [`door tsyncio, of it ${few}`]: () => size("dist/index.js", `{ ${few} }`),
        },
}
