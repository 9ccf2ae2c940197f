// Iterating, collecting, one after the other or several at a time; leaving early runs the generator's `finally`.
import { collect, map, moveOnAfter, run, sleep } from "tsyncio"

async function* pages(most = Infinity): AsyncGenerator<number, void, void> {
  try {
    for (let page = 1; page <= most; page += 1) yield await sleep(50, page)
  } finally {
    await sleep(5)
    console.log("cursor closed")
  }
}

const title = async (page: number): Promise<[string, number]> => [
  `page ${page}`,
  await sleep(200, page * page),
]

await run(async () => {
  for await (const page of pages()) {
    console.log(page)
    if (page === 2) break
  }

  console.log(await collect.array(pages(3)))

  const start = performance.now()
  const squares = await collect.object(map([1, 2, 3, 4], title, { concurrency: 4 }))
  console.log(squares, performance.now() - start < 500 ? "in the time of one" : "one after the other")
  console.log(await collect.map(map([1, 2], title, { concurrency: 1 })))

  const cut = await moveOnAfter(120, () => collect.array(pages()))
  console.log(cut)
})

// prints:
// 1
// 2
// cursor closed
// cursor closed
// [ 1, 2, 3 ]
// { 'page 1': 1, 'page 2': 4, 'page 3': 9, 'page 4': 16 } in the time of one
// Map(2) { 'page 1' => 1, 'page 2' => 4 }
// cursor closed
// { timedOut: true }
