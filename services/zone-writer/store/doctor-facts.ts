import { sql } from 'kysely'
import type { Db } from './admin-zones.ts'

/** What a health check asks Postgres about itself. */
export interface ServerFacts {
  /** Of the server's clock, in ms since the epoch. */
  readonly now: number
  readonly version: string
  readonly isStandby: boolean
  readonly archiveMode: string
  /** Of WAL files; null for never. In ms since the epoch. */
  readonly lastArchived: number | null
  readonly lastArchiveFailed: number | null
  readonly connections: number
  readonly maxConnections: number
}

export async function readServerFacts(db: Db): Promise<ServerFacts> {
  const { rows } = await sql<ServerFacts>`
    select extract(epoch from clock_timestamp())::float8 * 1000 as "now", current_setting('server_version') as "version",
           pg_is_in_recovery() as "isStandby", current_setting('archive_mode') as "archiveMode",
           extract(epoch from last_archived_time)::float8 * 1000 as "lastArchived",
           extract(epoch from last_failed_time)::float8 * 1000 as "lastArchiveFailed",
           (select count(*)::int from pg_stat_activity where backend_type = 'client backend') as "connections",
           current_setting('max_connections')::int as "maxConnections"
    from pg_stat_archiver`.execute(db)
  return rows[0]!
}

/** What this role may do beyond what a writer needs; empty for the role of deploy/postgres/roles.sql. */
export async function excessRights(db: Db): Promise<string[]> {
  const { rows } = await sql<{ superuser: boolean; changes: boolean; owns: boolean }>`
    select (select rolsuper from pg_roles where rolname = current_user) as superuser,
           has_table_privilege('zone_event', 'update') as changes,
           (select pg_has_role(relowner, 'usage') from pg_class where oid = 'zone_event'::regclass) as owns`.execute(
    db,
  )
  const { superuser, changes, owns } = rows[0]!
  if (superuser) return ['is a superuser']
  return [...(owns ? ['owns the tables'] : []), ...(changes ? ['may change events'] : [])]
}

/** Zones that have had new events for so long without a signed checkpoint. */
export async function zonesWithoutCheckpoint(db: Db, ms: number): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select count(*)::int as n from zone z
    left join lateral (select max(c.seq) as seq from checkpoint c where c.zone_id = z.id) last on true
    where z.deleted_at is null and exists (
      select from zone_event e
      where e.zone_id = z.id and e.seq = coalesce(last.seq, 0) + 1
        and e.decided_at < now() - make_interval(secs => ${ms / 1_000}))`.execute(db)
  return rows[0]!.n
}

/** What the background verifier says is wrong. */
export async function alarms(db: Db): Promise<{ readonly zone: string; readonly alarm: string }[]> {
  const { rows } = await sql<{ zone: string; alarm: string }>`
    select z.name as zone, v.alarm from zone_verified v join zone z on z.id = v.zone_id
    where v.alarm is not null and z.deleted_at is null order by z.name limit 10`.execute(db)
  return rows
}
