// What `console.log` shows of our objects.
//
// Node prints the fields of an object, and for a task that is the whole tree of scopes around it.
// Objects that hang in the tree are printed as `String(x)` says instead: name, state, where they wait.

/** Makes `console.log` of the instances of `kind` show their text instead of their fields. */
export function printAsText(kind: { readonly prototype: object }): void {
  Object.defineProperty(kind.prototype, Symbol.for("nodejs.util.inspect.custom"), {
    value(this: object): string {
      return String(this)
    },
    configurable: true,
  })
}
