import { type Kysely, sql, type Transaction } from 'kysely'
import type { Database } from '../../../shared/database/schema.ts'
import { Type } from '../../../shared/dns/codes.ts'
import { type GivenName, isSubdomain, type Name } from '../../../shared/dns/name.ts'
import type { RRset } from '../../../shared/dns/record.ts'
import type { Steps, ZoneHead } from '../../../shared/messaging/zone-service.ts'
import { serversBesidesPrimary } from '../../../shared/transfers/name-servers.ts'
import { readByIndex } from './by-index.ts'

/** What edges fetch: whole zones, the events that they lack, and where zones stand. Deleted zones count as unknown. */

const PAGE_ROWS = 2_000
/** Octets that one event costs in a reply beside its diff. */
const STEP_OCTETS = 120
/** An edge applies one diff in one piece, and answers no query meanwhile: a longer one is taken as a snapshot, in parts. */
const MOST_STEP_OCTETS = 4 * 1024 * 1024
/** Events whose sizes are looked at, at once. */
const STEPS_LOOKED_AT = 5_000
/** Below this nobody asks whether a snapshot were shorter. */
const SMALL_GAP_OCTETS = 256 * 1024
/** Servers of a zone, and addresses of theirs, that are told with where it stands. */
const MOST_ADDRESSED_HOSTS = 100
const MOST_ADDRESSES = 500

export interface ZoneAtOneMoment {
  readonly head: ZoneHead
  /** In the order of owner and type; to be read inside the callback only. */
  readonly rrsets: AsyncGenerator<RRset>
}

/** Hands a zone to `work` as it is at one moment, however long that takes; undefined when there is none. */
export async function readZone<T>(
  db: Kysely<Database>,
  zoneId: number,
  work: (zone: ZoneAtOneMoment) => Promise<T>,
): Promise<T | undefined> {
  return await db
    .transaction()
    .setIsolationLevel('repeatable read')
    .setAccessMode('read only')
    .execute(async (trx) => {
      const head = (await readHeads(trx, [zoneId])).get(zoneId)
      return head === undefined ? undefined : await work({ head, rrsets: readRRsets(trx, zoneId) })
    })
}

/** Reads the next page while the one before it is taken. */
async function* readRRsets(trx: Transaction<Database>, zoneId: number): AsyncGenerator<RRset> {
  await readByIndex(trx)
  let reading = readPage(trx, zoneId, { owner: '', type: -1 })
  for (;;) {
    const rows = await reading
    const isLast = rows.length < PAGE_ROWS
    if (!isLast) {
      reading = readPage(trx, zoneId, rows.at(-1)!)
      // whoever stops reading does not ask what became of it
      reading.catch(() => {})
    }
    for (const row of rows) yield toRRset(row)
    if (isLast) return
  }
}

function readPage(db: Kysely<Database>, zoneId: number, after: { owner: string; type: number }) {
  return db
    .selectFrom('rrset')
    .select(['owner', 'type', 'owner_as_given', 'ttl', 'rdata'])
    .where('zone_id', '=', zoneId)
    .where(sql<boolean>`(owner, type) > (${after.owner}, ${after.type}::integer)`)
    .orderBy('owner')
    .orderBy('type')
    .limit(PAGE_ROWS)
    .execute()
}

/**
 * Where a zone stands, with its SOA, its NS records, and what addresses it gives to the hosts of these but for the primary, unless they are
 * many; undefined when there is no such zone.
 */
export async function readApex(
  db: Kysely<Database>,
  zoneId: number,
): Promise<{ head: ZoneHead; rrsets: RRset[] } | undefined> {
  const rows = await db
    .selectFrom('zone')
    .innerJoin('rrset', (join) =>
      join.onRef('rrset.zone_id', '=', 'zone.id').onRef('rrset.owner', '=', 'zone.name'),
    )
    .select(['zone.name', 'zone.seq', 'zone.serial', 'zone.hash'])
    .select(['rrset.owner_as_given', 'rrset.type', 'rrset.ttl', 'rrset.rdata'])
    .where('zone.id', '=', zoneId)
    .where('zone.deleted_at', 'is', null)
    .where('rrset.type', 'in', [Type.SOA, Type.NS])
    .execute()
  const [first] = rows
  if (first === undefined) return undefined
  const { name, seq, serial, hash } = first
  const rrsets = rows.map(toRRset)
  const ofType = (type: number) => rrsets.find((rrset) => rrset.type === type)?.rdata ?? []
  const [soa] = ofType(Type.SOA)
  const servers = soa === undefined ? [] : [...serversBesidesPrimary(soa, ofType(Type.NS))]
  const own = servers.filter((host) => isSubdomain(host, name as Name))
  return { head: { seq, serial, hash }, rrsets: [...rrsets, ...(await addressSets(db, zoneId, own))] }
}

/** None when they would make a long message. As they are now: of whatever changed since the head was read an event tells. */
async function addressSets(db: Kysely<Database>, zoneId: number, hosts: readonly Name[]): Promise<RRset[]> {
  if (hosts.length === 0 || hosts.length > MOST_ADDRESSED_HOSTS) return []
  const rows = await db
    .selectFrom('rrset')
    .select(['owner_as_given', 'type', 'ttl', 'rdata'])
    .where('zone_id', '=', zoneId)
    .where('owner', 'in', hosts)
    .where('type', 'in', [Type.A, Type.AAAA])
    .orderBy('owner')
    .orderBy('type')
    .execute()
  const count = rows.reduce((sum, { rdata }) => sum + rdata.length, 0)
  return count > MOST_ADDRESSES ? [] : rows.map(toRRset)
}

interface SetRow {
  owner_as_given: string
  type: number
  ttl: number
  rdata: Buffer[]
}

function toRRset({ owner_as_given, type, ttl, rdata }: SetRow): RRset {
  return { name: owner_as_given as GivenName, type, ttl, rdata }
}

/** Zones that do not exist are left out. */
export async function readHeads(
  db: Kysely<Database>,
  zoneIds: readonly number[],
): Promise<Map<number, ZoneHead>> {
  const rows = await db
    .selectFrom('zone')
    .select(['id', 'seq', 'serial', 'hash'])
    .where('id', '=', sql<number>`any(${zoneIds}::bigint[])`)
    .where('deleted_at', 'is', null)
    .execute()
  return new Map(rows.map(({ id, ...head }) => [id, head]))
}

/**
 * The events right after `after`, as many as fit into `octets`; when the next one does not, that one without its diff.
 * `prefer-snapshot` when all that is lacking is longer than the zone, or the next diff has more than `mostOfOne`. Undefined when there
 * is no such zone.
 */
export async function readSteps(
  db: Kysely<Database>,
  zoneId: number,
  after: number,
  octets: number,
  mostOfOne = MOST_STEP_OCTETS,
): Promise<Pick<Steps, 'steps' | 'newest' | 'leftOut'> | 'behind' | 'prefer-snapshot' | undefined> {
  const head = (await readHeads(db, [zoneId])).get(zoneId)
  if (head === undefined) return undefined
  if (head.seq < after) return 'behind'
  if (head.seq === after) return { steps: [], newest: head.seq }
  const sizes = await stepSizes(db, zoneId, after)
  // older events were replaced by a snapshot, which is no step
  if (sizes[0]?.seq !== after + 1 || sizes[0].kind === 'snapshot') return 'prefer-snapshot'
  const lacking = sizes.reduce((sum, { size }) => sum + size, 0)
  if (lacking > SMALL_GAP_OCTETS && lacking > (await zoneOctets(db, zoneId))) return 'prefer-snapshot'
  const last = lastThatFits(sizes, octets)
  if (last !== undefined) return { steps: await stepsBetween(db, zoneId, after, last), newest: head.seq }
  const [{ seq, size }] = sizes as [StepSize]
  if (size > mostOfOne) return 'prefer-snapshot'
  const step = await stepWithoutDiff(db, zoneId, seq)
  return { steps: [step], newest: head.seq, leftOut: size - STEP_OCTETS }
}

interface StepSize {
  readonly seq: number
  readonly kind: string
  readonly size: number
}

function lastThatFits(sizes: readonly StepSize[], octets: number): number | undefined {
  let left = octets
  let last: number | undefined
  for (const { seq, size } of sizes) {
    left -= size
    if (left < 0) break
    last = seq
  }
  return last
}

async function stepSizes(db: Kysely<Database>, zoneId: number, after: number): Promise<StepSize[]> {
  return await db
    .selectFrom('zone_event')
    .select(['seq', 'kind', sql<number>`octet_length(diff) + ${STEP_OCTETS}::integer`.as('size')])
    .where('zone_id', '=', zoneId)
    .where('seq', '>', after)
    .orderBy('seq')
    .limit(STEPS_LOOKED_AT)
    .execute()
}

async function stepsBetween(
  db: Kysely<Database>,
  zoneId: number,
  after: number,
  last: number,
): Promise<Steps['steps']> {
  return await db
    .selectFrom('zone_event')
    .select(['seq', 'kind', 'serial_after as serialAfter', 'diff', 'previous_hash as previousHash', 'hash'])
    .where('zone_id', '=', zoneId)
    .where('seq', '>', after)
    .where('seq', '<=', last)
    .orderBy('seq')
    .execute()
}

async function stepWithoutDiff(
  db: Kysely<Database>,
  zoneId: number,
  seq: number,
): Promise<Steps['steps'][number]> {
  const row = await db
    .selectFrom('zone_event')
    .select(['seq', 'kind', 'serial_after as serialAfter', 'previous_hash as previousHash', 'hash'])
    .where('zone_id', '=', zoneId)
    .where('seq', '=', seq)
    .executeTakeFirstOrThrow()
  return { ...row, diff: new Uint8Array() }
}

/** About as many as a snapshot has. */
async function zoneOctets(db: Kysely<Database>, zoneId: number): Promise<number> {
  const row = await db
    .selectFrom('rrset')
    .select(sql<number>`coalesce(sum(pg_column_size(rdata) + length(owner) + 12), 0)::bigint`.as('octets'))
    .where('zone_id', '=', zoneId)
    .executeTakeFirstOrThrow()
  return row.octets
}
