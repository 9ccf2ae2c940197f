// Children of a node in a doubly linked list.
//
// Scopes hang in such a tree: a child leaves from the middle in constant time, whatever its number
// of siblings, and nothing is allocated. A node stands in one list at most; `parent` is the caller's
// to write, these functions only link.

/** A node that can have children and siblings of its own kind; only the functions here write the links. */
export interface TreeNode<N> {
  /** Children in order of arrival. */
  firstChild: N | null
  lastChild: N | null
  /** Neighbours in the parent's list. */
  nextSibling: N | null
  previousSibling: N | null
}

/** Puts `child` at the end of the list of `parent`; it must stand in none. */
export function insertChild<N extends TreeNode<N>>(child: N, parent: N): void {
  child.previousSibling = parent.lastChild
  if (parent.lastChild === null) parent.firstChild = child
  else parent.lastChild.nextSibling = child
  parent.lastChild = child
}

/** Takes `child` out of the list of `parent`; it must stand there. */
export function removeChild<N extends TreeNode<N>>(child: N, parent: N): void {
  if (child.previousSibling === null) parent.firstChild = child.nextSibling
  else child.previousSibling.nextSibling = child.nextSibling
  if (child.nextSibling === null) parent.lastChild = child.previousSibling
  else child.nextSibling.previousSibling = child.previousSibling
  child.nextSibling = child.previousSibling = null
}
