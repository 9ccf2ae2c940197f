// One attempt: a request that is sent and the answer that comes, with its limits.
//
// It is what undici calls back and what its task waits in. undici's part ends at the bytes: limits,
// cancel and the body that nobody reads are decided here.
//
//   state      | meaning                                | leaves by
//   waiting    | no connection yet                      | onRequestStart -> sent, abort/error -> dead
//   sent       | the server can have seen it            | onResponseStart -> answered, abort/error -> dead
//   answered   | headers are here, body is coming       | onResponseEnd -> complete, abort/error -> dead
//   complete   | the whole body is here                 | -
//   dead       | broken, cancelled or closed            | -
//
// What must stay true: `onDone` is called once, when the connection is free or closed; a body that
// nobody reads is held back, and its connection stays taken until it is read, closed, or its task
// ends; whoever gets an error gets it when the socket is gone.
import type { Socket } from "node:net"
import { Readable } from "node:stream"
import type { Dispatcher } from "undici"
import { Wait, clock, park } from "../core/lowlevel.ts"
import { BodyBuffer } from "./body-buffer.ts"
import type { Slot, SlotDispatch, SlotUser } from "./slot.ts"
import type { HttpPhase, HttpTimeoutPhase } from "./errors.ts"
import { HttpConnectionError, HttpTimeoutError } from "./errors.ts"
import { HttpHeaders } from "./http-headers.ts"
import type { RawHeaders } from "./http-headers.ts"
import type { PhaseTimerOwner } from "./phase-timer.ts"
import { PhaseTimer } from "./phase-timer.ts"
import type { Target } from "./target.ts"
import type { CheckedLimits } from "./time-limits.ts"

/** What an attempt is made of; the same for all attempts of a call. */
export interface ExchangeRequest {
  readonly method: string
  readonly target: Target
  /** Names and values in turn. */
  readonly headers: readonly string[]
  readonly body: ExchangeBody | null
  readonly limits: CheckedLimits
  /** Time of the clock at which the whole call ends. */
  readonly deadline: number
}

export type ExchangeBody = string | Uint8Array | AsyncIterable<string | Uint8Array>

export class Exchange implements Dispatcher.DispatchHandler, SlotUser, PhaseTimerOwner {
  /** Shared by all attempts of a call; never changed. */
  readonly request: ExchangeRequest
  /** Number of this attempt in its call, from 1. */
  readonly attempt: number
  state: "waiting" | "sent" | "answered" | "complete" | "dead" = "waiting"
  /** Time of the clock at which it was sent; 0 before. */
  sentAt = 0
  /** Status and headers of the answer; 0 and none before it. */
  status = 0
  headers: HttpHeaders = HttpHeaders.none
  /** Where the request is; null before it has a connection and after its end. */
  slot: Slot | null = null
  /** Whether an idle connection was closed by the server just as this request was written to it. */
  isKeepAliveRace = false
  /** Called once, when the connection is free again or closed; with the slot it has left. */
  onDone: ((slot: Slot | null) => void) | null = null

  /** Runs from {@link start} to the end. */
  #timer: PhaseTimer | null = null
  /** The socket that the request was written to; whether it had carried one before, and received what by then. */
  #socket: Socket | null = null
  #isReused = false
  #bytesBefore = 0
  /** undici's handle; null until the request has a socket. */
  #controller: Dispatcher.DispatchController | null = null
  /** What came and was not read; empty once dead. */
  readonly #buffer: BodyBuffer = new BodyBuffer()
  /** Why a dead exchange is dead. */
  #error: unknown = undefined
  /** Resolves when the socket of a dead exchange is gone. */
  #gone: Promise<void> | null = null
  /** The task that waits for headers, more of the body, or its end. */
  #wait: ExchangeWait | null = null

  constructor(request: ExchangeRequest, attempt: number) {
    this.request = request
    this.attempt = attempt
  }

  /** Hands the request to the pool. */
  start(dispatcher: Dispatcher): void {
    const { method, target, headers, body } = this.request
    this.#timer = new PhaseTimer(this, this.request.limits, this.request.deadline)
    const options: SlotDispatch = {
      origin: target.origin,
      path: target.path,
      method,
      // undici only reads it.
      headers: headers as string[],
      body:
        body === null || typeof body === "string" || body instanceof Uint8Array ? body : Readable.from(body),
      headersTimeout: 0,
      bodyTimeout: 0,
      user: this,
    }
    dispatcher.dispatch(options, this)
  }

  /** Resolves when the headers are here. */
  async untilAnswered(): Promise<void> {
    while (this.state === "waiting" || this.state === "sent") await this.#park("http headers")
    if (this.state === "dead") return this.#throw()
  }

  /** The next piece of the body; null at its end. */
  async nextPiece(): Promise<Uint8Array | null> {
    for (;;) {
      const piece = this.#buffer.take()
      if (piece !== undefined) {
        this.#resume()
        return piece
      }
      if (this.state === "complete") return null
      if (this.state === "dead") return this.#throw()
      await this.#park("http body")
    }
  }

  /** The beginning of the body, which can still be read: so many bytes, or all there are. */
  async beginning(most: number): Promise<Uint8Array> {
    while (this.state === "answered" && this.#buffer.peek(most).length < most) await this.#park("http body")
    if (this.state === "dead") return this.#throw()
    return this.#buffer.peek(most)
  }

  /** All pieces of the body, once the last one is here. */
  readAll(): Uint8Array[] | Promise<Uint8Array[]> {
    if (this.state === "complete") return this.#buffer.takeAll()
    return this.untilComplete().then(() => this.#buffer.takeAll())
  }

  /** Resolves when the last piece of the body is here; all are kept. */
  async untilComplete(): Promise<void> {
    if (this.state === "answered") {
      this.#buffer.collect()
      this.#resume()
    }
    while (this.state === "answered") await this.#park("http body")
    if (this.state === "dead") return this.#throw()
  }

  /** Reads on without keeping anything, so that the connection can be used again. */
  discard(): void {
    if (this.state !== "answered") return
    this.#buffer.discard()
    this.#resume()
  }

  /** Ends the attempt if it has not ended: its socket is closed, whoever waits gets `error`. */
  abort(error: unknown): void {
    if (this.state === "complete" || this.state === "dead") return
    const socket = this.slot?.socket
    this.#expectClose()
    this.#die(error)
    // Not undici's own abort: that one leaves the request in line and connects once more for it.
    socket?.destroy(ABORTED)
  }

  #expectClose(): void {
    const socket = this.slot?.socket ?? null
    if (socket === null) return
    this.#gone = new Promise((resolve) => void socket.once("close", () => resolve()))
  }

  /** Resolves when the socket of a dead exchange is gone. */
  untilGone(): Promise<void> {
    return this.#gone ?? Promise.resolve()
  }

  /** Closes the exchange because nobody reads it any more. */
  close(reason: string): void {
    if (this.state !== "complete" && this.state !== "dead") this.abort(this.#broken(reason))
  }

  /** Its task was cancelled while it waited: it is not told any more. */
  leave(): void {
    this.#wait = null
    this.close("it was cancelled")
  }

  get isOver(): boolean {
    return this.state === "complete" || this.state === "dead"
  }

  // What undici calls.

  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.state === "dead") return controller.abort(ABORTED)
    this.#controller = controller
    const { slot } = this
    if (slot !== null) {
      this.#socket = slot.socket
      this.#isReused = slot.begun > 0
      this.#bytesBefore = slot.socket?.bytesRead ?? 0
      slot.begun += 1
    }
    this.state = "sent"
    this.sentAt = clock.now()
    this.#timer?.enter("headers")
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: RawHeaders): void {
    // 1xx: the answer itself is still to come.
    if (status < 200 || this.state !== "sent") return
    this.status = status
    this.headers = new HttpHeaders(headers)
    this.state = "answered"
    this.#timer?.enter("body")
    this.#tell()
  }

  onResponseData(controller: Dispatcher.DispatchController, piece: Uint8Array): void {
    if (this.state !== "answered") return
    this.#timer?.heard()
    const advice = this.#buffer.add(piece)
    if (advice === "give up") return this.close(UNWANTED)
    if (advice === "hold") {
      controller.pause()
      this.#timer?.hold()
    }
    if (this.#buffer.isPieceWise) this.#tell()
  }

  onResponseEnd(): void {
    if (this.state !== "answered") return
    this.state = "complete"
    this.#done()
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.isOver) return
    // What undici refuses to send is a mistake of the caller, not of the network.
    if (REFUSALS.has((error as NodeJS.ErrnoException).code ?? "")) {
      return this.#die(
        new TypeError(`Cannot ${this.request.method} ${this.request.target.shown}: ${error.message}`),
      )
    }
    this.isKeepAliveRace =
      this.#isReused && this.status === 0 && this.#socket?.bytesRead === this.#bytesBefore
    this.#expectClose()
    // undici's parser quotes what it could not read, where the server may repeat a key.
    if ("data" in error) error.data = undefined
    this.#die(this.#broken(reasonOf(error), error))
  }

  // What the timer calls.

  timedOut(phase: HttpTimeoutPhase): void {
    const limit = this.request.limits[phase]
    this.abort(new HttpTimeoutError({ ...this.#details(), phase, limit }))
  }

  #broken(reason: string, cause?: Error): HttpConnectionError {
    return new HttpConnectionError(reason, {
      ...this.#details(),
      phase: PHASES[this.state],
      reusedSocket: this.#isReused,
      cause,
    })
  }

  #details(): { method: string; url: string; attempts: number; requestSent: boolean } {
    const { method, target } = this.request
    return { method, url: target.shown, attempts: this.attempt, requestSent: this.state !== "waiting" }
  }

  #resume(): void {
    if (this.#controller?.paused !== true || !this.#buffer.isLow) return
    this.#timer?.resume()
    this.#controller.resume()
  }

  async #park(kind: string): Promise<void> {
    try {
      await park((this.#wait = new ExchangeWait(kind, this)))
    } catch (error) {
      await this.#gone
      throw error
    }
  }

  /** Throws why the exchange is dead, once its socket is gone. */
  async #throw(): Promise<never> {
    await this.#gone
    throw this.#error
  }

  #tell(): void {
    const wait = this.#wait
    this.#wait = null
    wait?.wake(undefined)
  }

  #die(error: unknown): void {
    this.#error = error
    this.state = "dead"
    this.#buffer.clear()
    this.#done()
  }

  #done(): void {
    this.#timer?.stop()
    this.#tell()
    const { slot, onDone } = this
    // A response that somebody keeps must not keep its socket.
    this.#timer = this.#controller = this.#socket = this.slot = null
    this.onDone = null
    onDone?.(slot)
  }
}

/** A task that waits for its answer. A cancel closes the connection. */
class ExchangeWait extends Wait<void> {
  readonly #exchange: Exchange

  constructor(kind: string, exchange: Exchange) {
    super(kind)
    this.#exchange = exchange
  }

  protected override leave(): void {
    this.#exchange.leave()
  }

  protected override handBack(): boolean {
    this.#exchange.leave()
    return true
  }
}

/** What went wrong; an error of several addresses has no message of its own. */
function reasonOf(error: Error): string {
  if (error.message !== "" || !(error instanceof AggregateError)) return error.message
  return error.errors.map((each: Error) => each.message).join(", ")
}

const REFUSALS: ReadonlySet<string> = new Set(["UND_ERR_INVALID_ARG", "UND_ERR_NOT_SUPPORTED"])
const UNWANTED = "its answer was not wanted"
const ABORTED = new Error("The request was given up")

const PHASES: Readonly<Record<Exchange["state"], HttpPhase>> = {
  waiting: "connect",
  sent: "headers",
  answered: "body",
  complete: "body",
  dead: "body",
}
