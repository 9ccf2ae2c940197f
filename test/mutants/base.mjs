// Planted bugs of floor 0. See scripts/mutants.mjs.

/** @type {readonly import("../../scripts/mutants.mjs").Mutant[]} */
export const baseMutants = [
  {
    name: "a deque that grows while it wraps around loses its order",
    file: "src/base/deque.ts",
    find: "grown[i] = old[(this.#head + i) & (old.length - 1)]",
    replace: "grown[i] = old[i]",
    tests: ["test/base/deque.test.ts"],
  },
  {
    name: "a deque keeps what was taken out alive",
    file: "src/base/deque.ts",
    find: "    this.#slots[this.#head] = undefined\n    this.#head = (this.#head + 1)",
    replace: "    this.#head = (this.#head + 1)",
    tests: ["test/base/deque.test.ts"],
  },
  {
    name: "a heap only sinks what fills a gap in its middle",
    file: "src/base/heap.ts",
    find: "if (index > 0 && parent !== undefined && this.#before(last, parent)) this.#rise(last, index)\n    else this.#sink",
    replace: "void parent\n    this.#sink",
    tests: ["test/base/heap.test.ts"],
  },
  {
    name: "a child that leaves the middle of a tree cuts off those before it",
    file: "src/base/tree.ts",
    find: "else child.nextSibling.previousSibling = child.previousSibling",
    replace: "else child.nextSibling.previousSibling = null",
    tests: ["test/base/tree.test.ts"],
  },
]
