/** Why the administration did not do what it was asked. The codes are stable: clients may rely on them. */
export type FailureCode =
  | 'bad-name'
  | 'bad-key'
  | 'bad-update-token'
  | 'update-token-exists'
  | 'update-token-not-found'
  | 'bad-zone-file'
  | 'bad-rule'
  | 'bad-transfer'
  | 'unknown-key'
  | 'rules-changed'
  | 'zone-exists'
  | 'key-exists'
  | 'key-in-use'
  | 'master-key-missing'
  | 'key-not-found'
  | 'zone-not-found'
  | 'event-not-found'
  | 'bad-point'
  | 'bad-filter'
  | 'outside-history'
  | 'history-behind'
  | 'history-broken'
  | 'bad-compaction'
  | 'bad-reason'
  | 'bad-update'
  | 'not-explained'
  | 'bad-import'
  | 'changed-meanwhile'
  | 'zone-busy'
  | 'not-a-zone'
  | 'too-large'
  | 'undo-conflicts'
  | 'bad-lease'
  | 'lease-not-found'
  | 'leases-off'
  | 'serial-changed'
  | 'prerequisite-failed'
  | 'update-refused'
  | 'not-accepted'
  | 'outcome-unknown'
  | 'idempotency-key-used'
  | 'too-many-streams'
  | 'no-message'
  | 'role-lacking'
  | 'zone-lacking'
  | 'bad-token'
  | 'token-exists'
  | 'token-not-found'

/** One of several faults, with its place in the text that was given where there is one. */
export interface FailureDetail {
  readonly message: string
  readonly line?: number
  readonly column?: number
}

export interface Failure {
  readonly ok: false
  readonly code: FailureCode
  /** A sentence that says what to do. */
  readonly message: string
  readonly details: readonly FailureDetail[]
  /** Of an update that was refused. */
  readonly verdict?: RefusedAs
}

export interface RefusedAs {
  readonly rcode: string
  /** As in events. */
  readonly reason: string
}

export type Outcome<T> = { readonly ok: true; readonly value: T } | Failure

export function failure(
  code: FailureCode,
  message: string,
  details: readonly FailureDetail[] = [],
  verdict?: RefusedAs,
): Failure {
  return { ok: false, code, message, details, ...(verdict && { verdict }) }
}

export function done<T>(value: T): Outcome<T> {
  return { ok: true, value }
}
