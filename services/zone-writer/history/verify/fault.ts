/** What is wrong, and where. */
export interface Fault {
  /** The event; undefined for what is stored beside the events. */
  readonly seq: number | undefined
  /** A field of the event, or `rrset`, `zone.seq` and the like. */
  readonly field: string
  /** A sentence for people. */
  readonly message: string
}

export function fault(seq: number | undefined, field: string, message: string): Fault {
  return { seq, field, message }
}
