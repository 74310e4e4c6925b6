import { setTimeout as delay } from 'node:timers/promises'
import { sql } from 'kysely'
import pg from 'pg'
import { connectionSettings } from '../../../shared/database/connect.ts'
import { CLAIM_ANSWER_MS, SIGN_OF_LIFE_MS } from '../../../shared/time-limits.ts'
import type { Db } from './admin-zones.ts'

// first keys of the two-part advisory locks; any numbers that nobody else in the database uses
const WRITERS = 0x5a4c_0001
const PARTITIONS = 0x5a4c_0002

/**
 * Postgres frees the locks of a writer whose machine has vanished when the system notices that nothing answers, after 3 s; those of
 * one that is frozen, whose system answers, when the writer has asked nothing for too long.
 */
const GIVE_UP = `set tcp_keepalives_idle = 1; set tcp_keepalives_interval = 1; set tcp_keepalives_count = 2;
  set idle_session_timeout = ${CLAIM_ANSWER_MS}`

/** By which writers tell each other that partitions are free, so that nobody waits for the next look. */
const FREED = 'zonelog_partitions_freed'
/** An ordered end waits no longer until the others are told: they look all the same. */
const TELL_MS = 500

/** Partitions that some writer holds now. */
export async function heldPartitions(db: Db): Promise<Set<number>> {
  const { rows } = await sql<{ partition: number }>`
    select objid::bigint as partition from pg_locks
    where locktype = 'advisory' and granted and classid = ${PARTITIONS} and objsubid = 2
      and database = (select oid from pg_database where datname = current_database())`.execute(db)
  return new Set(rows.map(({ partition }) => partition))
}

/** This writer does not hold the partition now. */
export class ClaimLost extends Error {}

/** A database session that holds this writer's advisory locks; when it ends, by crash or by a cut line, Postgres frees them. */
export class ClaimSession {
  private readonly client: pg.Client
  private broken = false
  private asked = 0
  private last: Promise<unknown> = Promise.resolve()
  /** Resolves when the session has ended, whoever ended it. */
  readonly ended: Promise<void>
  /** Told when another writer has let go of partitions in order. */
  onFreed: () => void = () => {}

  private constructor(client: pg.Client) {
    this.client = client
    this.ended = new Promise((resolve) => {
      const end = () => {
        this.broken = true
        resolve()
      }
      client.on('end', end)
      client.on('error', end)
    })
    client.on('notification', ({ processId }) => {
      if (processId !== (client as unknown as { processID: number }).processID) this.onFreed()
    })
  }

  /** Connects and registers as a live writer. */
  static async open(databaseUrl: string): Promise<ClaimSession> {
    const client = new pg.Client({
      ...connectionSettings(databaseUrl, 'zonelog writer claims'),
      query_timeout: CLAIM_ANSWER_MS,
    })
    const session = new ClaimSession(client)
    try {
      await client.connect()
      await client.query(`${GIVE_UP}; listen ${FREED}`)
      session.giveSignsOfLife()
      await client.query('select pg_advisory_lock_shared($1, 0)', [WRITERS])
      return session
    } catch (error) {
      // left open, it would go on counting as a live writer
      await session.close()
      throw error
    }
  }

  /** Writers that are connected now, this one included. */
  async liveWriters(): Promise<number> {
    const { rows } = await this.query<{ writers: number }>(
      `select count(distinct pid) as writers from pg_locks
       where locktype = 'advisory' and granted and classid = $1 and objid = 0
         and database = (select oid from pg_database where datname = current_database())`,
      [WRITERS],
    )
    return rows[0]?.writers ?? 1
  }

  /** The first of these that are free, so many at most. */
  async claim(partitions: readonly number[], most: number): Promise<number[]> {
    // rows are tried in their order, and no more of them than are wanted: a function's rows are filtered one by one
    const { rows } = await this.query<{ partition: number }>(
      `select partition from unnest($1::int[]) as partition
       where pg_try_advisory_lock($2, partition) limit $3`,
      [partitions, PARTITIONS, most],
    )
    return rows.map(({ partition }) => partition)
  }

  async release(partition: number): Promise<void> {
    await this.query(`select pg_advisory_unlock($1, $2), pg_notify('${FREED}', '')`, [PARTITIONS, partition])
  }

  /** Throws, {@link ClaimLost} where that is known, unless the session, and so every lock of it, is alive. */
  async confirm(): Promise<void> {
    if (this.broken) throw new ClaimLost('the session that holds the partitions has ended')
    await this.query('select 1', [])
  }

  /** While a writer is busy with other things it asks for nothing of its own. */
  private giveSignsOfLife(): void {
    const timer = setInterval(() => {
      if (this.asked === 0) void this.confirm().catch(() => {})
    }, SIGN_OF_LIFE_MS)
    timer.unref()
    void this.ended.then(() => clearInterval(timer))
  }

  /** One after another: a session does one thing at a time. */
  private query<T extends pg.QueryResultRow>(text: string, values: unknown[]): Promise<pg.QueryResult<T>> {
    this.asked++
    const turn = this.last.then(() => this.client.query<T>(text, values)).finally(() => this.asked--)
    this.last = turn.catch(() => {})
    return turn
  }

  /** Ends it, and has the others told that all of it is free. */
  async letGo(): Promise<void> {
    const wasWhole = !this.broken
    this.broken = true
    if (wasWhole) await Promise.race([this.free(), delay(TELL_MS, undefined, { ref: false })])
    await this.close()
  }

  async close(): Promise<void> {
    this.broken = true
    await this.client.end().catch(() => {})
  }

  /** The lock that counts as a live writer goes first: the share of those who are told depends on it. */
  private async free(): Promise<void> {
    await this.client.query(`select pg_advisory_unlock_all(); notify ${FREED}`).catch(() => {})
  }
}
