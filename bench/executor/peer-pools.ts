// The pools of the peers: made with their first use, destroyed when the question is answered.
interface Destroyable {
  destroy(): Promise<void>
}

const pools = new Map<string, Destroyable>()

/** The file their workers load. */
export const echoFile: string = new URL("echo.js", import.meta.url).href

export function poolOf<P extends Destroyable>(name: string, make: () => P): P {
  const pool = (pools.get(name) as P | undefined) ?? make()
  pools.set(name, pool)
  return pool
}

export async function closePools(): Promise<void> {
  for (const pool of pools.values()) await pool.destroy()
  pools.clear()
}
