import type { Name } from './dns/name.ts'

/** How a request reached us. */
export type Transport = 'udp' | 'tcp' | 'http' | 'api'

/** Who asked: a TSIG key (`key:NAME.`), nobody who proved a name (`unsigned`), an API token (`api:NAME`) or zonelog itself (`system`). */
export type Identity = `key:${string}` | 'unsigned' | `api:${string}` | 'system'

export function keyIdentity(key: Name): Identity {
  return `key:${key}`
}

/** Where a request came from; the port is for the audit only and never part of a comparison. */
export interface Source {
  readonly address: string
  readonly port: number
}

/** One authenticated, admitted UPDATE on its way from an edge to the writer of its zone. Times are ms since the epoch. */
export interface UpdateCommand {
  /** UUIDv7, made by the edge. A redelivery carries the same one. */
  readonly id: string
  readonly zoneId: number
  readonly zone: Name
  /** SHA-256 over what makes two messages the same request (P2); see shared/fingerprint.ts. */
  readonly fingerprint: Uint8Array
  readonly edgeId: string
  readonly identity: Identity
  readonly source: Source
  readonly transport: Transport
  readonly receivedAt: number
  /** The writer refuses the command after this moment (P3). */
  readonly deadline: number
  /** The message as received, TSIG included. */
  readonly message: Uint8Array
}
