import fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { TreeNode } from "../../src/base/tree.ts"
import { insertChild, removeChild } from "../../src/base/tree.ts"

interface Node extends TreeNode<Node> {
  readonly name: number
}

const node = (name: number): Node => ({
  name,
  firstChild: null,
  lastChild: null,
  nextSibling: null,
  previousSibling: null,
})

function children(parent: Node): number[] {
  const names: number[] = []
  for (let child = parent.firstChild; child !== null; child = child.nextSibling) names.push(child.name)
  return names
}

function childrenBackwards(parent: Node): number[] {
  const names: number[] = []
  for (let child = parent.lastChild; child !== null; child = child.previousSibling) names.push(child.name)
  return names
}

describe("children of a node", () => {
  it("stand in order of arrival and leave from any place, whatever the sequence", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(40), { maxLength: 100 }), (steps) => {
        const parent = node(-1)
        const model: Node[] = []
        for (const [n, step] of steps.entries()) {
          if (step % 3 === 0 && model.length > 0) {
            const [gone] = model.splice(step % model.length, 1)
            if (gone === undefined) throw new Error("no node")
            removeChild(gone, parent)
            if (gone.nextSibling !== null || gone.previousSibling !== null) throw new Error("still linked")
          } else {
            const added = node(n)
            model.push(added)
            insertChild(added, parent)
          }
          const names = model.map(({ name }) => name)
          expect(children(parent)).toEqual(names)
          expect(childrenBackwards(parent)).toEqual(names.toReversed())
        }
      }),
    )
  })
})
