// What a channel throws once it was closed.
//
// A class of its own, since it is for good and iteration turns it into its end; a channel that is full or empty for
// the moment is told by a value.
import { brand } from "../core/lowlevel.ts"

/** The channel was closed: no message can be sent any more, and all that were sent have been received. */
export class ChannelClosedError extends Error {
  /** Constant that tells this class across copies of the package. */
  readonly code = "E_EXECUTOR_CHANNEL_CLOSED"
}
brand(ChannelClosedError, "ChannelClosedError")
