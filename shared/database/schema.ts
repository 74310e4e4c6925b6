import type { ColumnType, Generated } from 'kysely'
import type { NotifyMode } from '../transfers/transfer-settings.ts'
import type { SerialPolicy } from '../zone-settings.ts'

/** `bigint` columns: read as numbers (all of ours stay below 2^53), see connect.ts. */
type Instant = ColumnType<Date, Date, Date>

export interface Database {
  zone: ZoneTable
  rrset: RRsetTable
  zone_event: ZoneEventTable
  resent_signature: ResentSignatureTable
  command_try: { command_id: string; by: string; alone: number; at: Generated<Date> }
  tsig_key: TsigKeyTable
  tsig_secret: TsigSecretTable
  key_change: KeyChangeTable
  key_usage: KeyUsageTable
  key_usage_report: { report_id: string; stored_at: Generated<Date> }
  sig0_key: Sig0KeyTable
  update_token: UpdateTokenTable
  update_rule: UpdateRuleTable
  rule_change: RuleChangeTable
  api_token: ApiTokenTable
  audit: AuditTable
  master_key_check: { id: number; sealed: Buffer }
  refusal: RefusalTable
  history_progress: HistoryProgressTable
  rrset_state: RRsetStateTable
  name_asked: { zone_id: number; owner: Buffer; seq: number }
  event_count: EventCountTable
  zone_snapshot_part: { zone_id: number; seq: number; part: number; octets: Buffer }
  checkpoint_key: { id: number; public_key: string; sealed_private_key: Buffer }
  checkpoint: CheckpointTable
  leased_value: LeasedValueTable
  lease_watch: { partition: number; since: Date; seen_at: Date }
  zone_verified: ZoneVerifiedTable
  writer_seen: WriterSeenTable
  writer_minute: { at: Date; writer_id: string; applied: number; unchanged: number; refused: number }
}

/** Of the `seconds` from `starts_at` on. */
export interface EventCountTable {
  zone_id: number
  seconds: number
  starts_at: Date
  applied: number
  unchanged: number
  refused: number
}

export interface ZoneTable {
  id: Generated<number>
  name: string
  seq: number
  serial: number
  hash: Buffer
  published_seq: Generated<number>
  created_at: Generated<Date>
  deleted_at: Date | null
  record_count: number | null
  serial_policy: Generated<SerialPolicy>
  max_records: Generated<number>
  max_records_per_rrset: Generated<number>
  max_types_per_name: Generated<number>
  allow_transfer: Generated<string[]>
  notify: Generated<string[]>
  notify_mode: Generated<NotifyMode>
  is_catalog: Generated<boolean>
  catalog: string | null
  catalog_group: string | null
  rules_version: Generated<number>
  max_updates_per_identity: Generated<number>
  max_updates_seconds: Generated<number>
  least_lease_seconds: Generated<number>
  longest_lease_seconds: Generated<number>
}

export interface WriterSeenTable {
  id: string
  host: string
  version: string
  listens: string
  started_at: Date
  seen_at: Date
}

export interface ZoneVerifiedTable {
  zone_id: number
  seq: number
  hash: Buffer
  digest: Buffer
  alarm: string | null
  looked_at: Date | null
  alarm_at: Date | null
  again_seq: number | null
}

export interface RRsetTable {
  zone_id: number
  owner: string
  type: number
  owner_as_given: string
  ttl: number
  rdata: Buffer[]
}

export interface ZoneEventTable {
  zone_id: number
  seq: number
  kind: string
  command_id: string
  fingerprint: Buffer
  received_at: Instant
  queued_at: Instant
  decided_at: Instant
  identity: string
  source_address: string
  source_port: number
  transport: string
  edge_id: string
  message: Buffer
  rcode: number
  section: string
  reason: string
  detail: string
  rule: string
  serial_before: number
  serial_after: number
  diff: Buffer
  previous_hash: Buffer
  hash: Buffer
  signed_digest: Buffer | null
}

export interface ResentSignatureTable {
  signed_digest: Buffer
  zone_id: number
  seq: number
  expires_at: Instant
}

export interface TsigKeyTable {
  name: string
  created_at: Generated<Date>
  created_by: Generated<string>
  expires_at: Date | null
  least_mac_octets: number | null
}

export interface TsigSecretTable {
  id: Generated<number>
  key_name: string
  algorithm: string
  sealed: Buffer | null
  created_at: Instant
  created_by: string
  expires_at: Date | null
  revoked_at: Date | null
}

export interface KeyChangeTable {
  id: Generated<number>
  key_name: string
  at: Instant
  by: string
  change: string
  detail: string
}

export interface KeyUsageTable {
  secret_id: number
  source_address: string
  first_at: Instant
  last_at: Instant
  count: number
}

export interface Sig0KeyTable {
  name: string
  rdata: Buffer
  created_at: Instant
  created_by: string
}

export interface UpdateTokenTable {
  id: Generated<number>
  key_name: string
  name: string
  hash: string
  names: string[]
  created_at: Instant
  created_by: string
  expires_at: Date | null
  allow_from: Generated<string[]>
  registered_from: string | null
  /** Null: none unless a request asks for one. */
  lease_seconds: number | null
}

export interface RuleChangeTable {
  zone_id: number
  version: number
  at: Date
  by: string
  change: string
  detail: string
  rules: string[]
}

export interface UpdateRuleTable {
  zone_id: number
  position: number
  rule: string
}

export interface ApiTokenTable {
  name: string
  hash: Buffer
  created_at: Generated<Date>
  role: Generated<'viewer' | 'operator' | 'admin'>
  zones: string[] | null
  expires_at: Date | null
  created_by: Generated<string>
  last_used_at: Date | null
  revoked_at: Date | null
}

export interface AuditTable {
  id: Generated<number>
  at: Date
  by: string
  subject: string
  name: string
  change: string
  detail: string
  zone_id: number | null
  seq: number | null
}

export interface RefusalTable {
  id: Generated<number>
  report_id: string
  edge_id: string
  first_at: Instant
  last_at: Instant
  reason: string
  rcode: number | null
  source_address: string
  claimed_key: string
  zone: string
  count: number
  /** What the client was told; empty in reports of older edges. */
  audit_id: Generated<string>
  detail: Generated<string>
}

export interface HistoryProgressTable {
  zone_id: number
  seq: number
  snapshot_seq: Generated<number>
  rows_since_snapshot: Generated<number>
  snapshot_rows: Generated<number>
  counted_from: Generated<number>
  counted_seq: Generated<number>
}

export interface RRsetStateTable {
  zone_id: number
  owner: Buffer
  type: number
  seq: number
  state: Buffer
}

export interface LeasedValueTable {
  zone_id: number
  owner: string
  type: number
  /** SHA-256 of the RDATA in canonical form. */
  value: Buffer
  seq: number
  lease_seconds: number
  expires_at: Instant
  held_by: string | null
}

export interface CheckpointTable {
  zone_id: number
  seq: number
  statement: string
  signature: Buffer
  published: Generated<boolean>
}
