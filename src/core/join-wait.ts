// The wait of a group's body for the last child.
//
// It is parked above the scope of the group: a request from above passes it by, to the children, and
// is thrown once they have ended (C2). A request that finds it served already is delivered to it as to
// any other wait.
import type { CancelledError } from "./errors.ts"
import type { Scope } from "./scope.ts"
import { Wait } from "./wait.ts"

/** What a group is to the wait for its children. */
export interface JoinedGroup {
  readonly name: string | null
  /** A request from above has reached the children. */
  noteOuter(error: CancelledError, top: Scope): void
  /** The children. */
  blockers(): Iterable<Scope>
}

/** Parked until the group says that its last child has ended. */
export class JoinWait extends Wait<undefined> {
  readonly #group: JoinedGroup

  constructor(group: JoinedGroup) {
    super("task group")
    this.#group = group
  }

  override interrupt(error: CancelledError, top: Scope): boolean {
    if (this.state === "over" || top.state !== "open") return super.interrupt(error, top)
    this.#group.noteOuter(error, top)
    if (this.state !== "parked") return super.interrupt(error, top)
    this.scope?.markDelivered(error, top)
    return true
  }

  override get label(): string | null {
    return this.#group.name
  }

  override blockers(): Iterable<Scope> {
    return this.#group.blockers()
  }

  protected override leave(): void {}

  protected override handBack(): boolean {
    return true
  }
}
