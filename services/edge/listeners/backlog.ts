import { Opcode } from '../../../shared/dns/codes.ts'

/** With its length before it. */
const LARGEST_ANSWER = 65_537
/** Octets that the answer to anything but a query has beside what it echoes: an explanation, a cookie, a signature. */
const BESIDE_ECHO = 1_024

export interface BacklogLimits {
  /** Octets of answers that one client may leave unread, or be owed, before we stop reading its messages. */
  readonly unsent: number
  /** The same of all clients together: past it each has one message at a time answered. */
  readonly unsentInAll: number
}

/** What all connections hold of answers. */
export interface SharedBacklog {
  octets: number
}

/** The octets of answers that one connection holds, or may come to hold: those that wait to be taken, and those being made. */
export class Backlog {
  private readonly limits: BacklogLimits
  private readonly shared: SharedBacklog
  private octets = 0
  private closed = false

  constructor(limits: BacklogLimits, shared: SharedBacklog) {
    this.limits = limits
    this.shared = shared
  }

  /** Whether another message may be answered, whatever the length of its answer. */
  get hasRoom(): boolean {
    if (this.octets === 0) return true
    const { unsent, unsentInAll } = this.limits
    return this.octets + LARGEST_ANSWER <= unsent && this.shared.octets + LARGEST_ANSWER <= unsentInAll
  }

  add(octets: number): void {
    if (this.closed) return
    this.octets += octets
    this.shared.octets += octets
  }

  remove(octets: number): void {
    this.add(-octets)
  }

  /** Nothing is held any more. */
  close(): void {
    this.remove(this.octets)
    this.closed = true
  }
}

/** How long the answer to a message may become, in octets. */
export function mostOctetsFor(message: Uint8Array): number {
  const opcode = ((message[2] ?? 0) >>> 3) & 15
  return opcode === Opcode.QUERY ? LARGEST_ANSWER : message.length + BESIDE_ECHO
}
