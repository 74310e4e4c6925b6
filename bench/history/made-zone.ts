import { createHash, randomUUID } from 'node:crypto'
import { type Kysely, sql } from 'kysely'
import type { Pool } from 'pg'
import { insertingEvents } from '../../services/zone-writer/store/events.ts'
import { runGroup } from '../../services/zone-writer/store/statement-group.ts'
import type { Database } from '../../shared/database/schema.ts'
import { Class, Opcode, Rcode, Type } from '../../shared/dns/codes.ts'
import { encodeMessage } from '../../shared/dns/message.ts'
import { type Name, nameOf } from '../../shared/dns/name.ts'
import type { ResourceRecord } from '../../shared/dns/record.ts'
import type { Serial } from '../../shared/dns/serial.ts'
import { soaRdata } from '../../shared/dns/soa.ts'
import { chainEvent, NO_HASH } from '../../shared/events/event-codec.ts'
import type { ZoneEvent } from '../../shared/events/zone-event.ts'
import { encodeDiff } from '../../shared/zone-diff.ts'

export const APEX = nameOf('example.com')
const AT_ONCE = 1_000
const RRSETS_AT_ONCE = 10_000
const LONGEST_STATEMENT_MS = 60_000

export function hostName(host: number): Name {
  return `h${host}.example.com.` as Name
}

/** A zone of hosts whose addresses change in turn, an event each, with a valid chain; stored by SQL, as no edge could send it that fast. */
export class MadeZone {
  readonly id: number
  readonly records: number
  private readonly pool: Pool
  private readonly db: Kysely<Database>
  private last: ZoneEvent | undefined

  private constructor(pool: Pool, db: Kysely<Database>, id: number, records: number) {
    this.pool = pool
    this.db = db
    this.id = id
    this.records = records
  }

  /** Without events; `pool` prepares its statements. */
  static async create(pool: Pool, db: Kysely<Database>, records: number): Promise<MadeZone> {
    const { rows } = await sql<{ id: number }>`
      insert into zone (name, seq, serial, hash) values (${APEX}, 0, 0, ${Buffer.from(NO_HASH)}) returning id`.execute(
      db,
    )
    return new MadeZone(pool, db, rows[0]!.id, records)
  }

  /** Of the newest event: one that creates the zone, then a change each. */
  get seq(): number {
    return this.last?.seq ?? 0
  }

  /** Appends events up to this one, and stores what they come to; the next ones are made while Postgres stores those before. */
  async growTo(seq: number): Promise<void> {
    let storing: Promise<unknown> = Promise.resolve()
    while (this.seq < seq) {
      const events: ZoneEvent[] = []
      while (events.length < AT_ONCE && this.seq < seq) {
        this.last = this.last === undefined ? this.first() : this.change(this.last)
        events.push(this.last)
      }
      await storing
      storing = this.append(events)
    }
    await storing
    const { serialAfter, hash } = this.last!
    await sql`
      update zone set seq = ${seq}, serial = ${serialAfter}, hash = ${Buffer.from(hash)}, published_seq = ${seq},
                      record_count = ${this.records + 1}
      where id = ${this.id}`.execute(this.db)
    await this.storeRRsets()
  }

  private async append(events: readonly ZoneEvent[]): Promise<void> {
    const client = await this.pool.connect()
    try {
      await runGroup(client, [insertingEvents(events, new Map())], LONGEST_STATEMENT_MS)
    } finally {
      client.release()
    }
  }

  private first(): ZoneEvent {
    const added = Array.from({ length: this.records }, (_, host) => address(host, 0))
    const diff = encodeDiff({ oldSoa: undefined, removed: [], newSoa: soa(1), added })
    const serials = { serialBefore: 0, serialAfter: 1 }
    return chainEvent(
      { ...common(this.id, 1), kind: 'create', message: new Uint8Array(), ...serials, diff },
      NO_HASH,
    )
  }

  private change(previous: ZoneEvent): ZoneEvent {
    const seq = previous.seq + 1
    const host = (seq - 2) % this.records
    const round = Math.floor((seq - 2) / this.records)
    const [before, after] = [address(host, round), address(host, round + 1)]
    const diff = encodeDiff({ oldSoa: soa(seq - 1), removed: [before], newSoa: soa(seq), added: [after] })
    const message = encodeMessage({
      id: seq & 0xffff,
      opcode: Opcode.UPDATE,
      questions: [{ name: APEX, type: Type.SOA, class: Class.IN }],
      authorities: [{ ...before, class: Class.ANY, ttl: 0, rdata: new Uint8Array() }, after],
    })
    const serials = { serialBefore: seq - 1, serialAfter: seq }
    return chainEvent({ ...common(this.id, seq), kind: 'update', message, ...serials, diff }, previous.hash)
  }

  private async storeRRsets(): Promise<void> {
    await sql`delete from rrset where zone_id = ${this.id}`.execute(this.db)
    const { rdata } = soa(this.seq)
    await sql`
      insert into rrset values (${this.id}, ${APEX}, ${Type.SOA}, ${APEX}, 300, ${[Buffer.from(rdata)]}::bytea[])`.execute(
      this.db,
    )
    for (let host = 0; host < this.records; host += RRSETS_AT_ONCE) {
      const length = Math.min(RRSETS_AT_ONCE, this.records - host)
      await this.storeHosts(Array.from({ length }, (_, index) => host + index))
    }
  }

  private async storeHosts(hosts: readonly number[]): Promise<void> {
    const changes = this.seq - 1
    const values = hosts.map((host) =>
      Buffer.from(address(host, Math.floor((changes - 1 - host) / this.records) + 1).rdata),
    )
    await sql`
      insert into rrset
      select ${this.id}::bigint, name, ${Type.A}::integer, name, 300, array[value]
      from unnest(${hosts.map(hostName)}::text[], ${values}::bytea[]) as host (name, value)`.execute(this.db)
  }
}

/** The address of a host after so many changes of it. */
function address(host: number, round: number): ResourceRecord {
  const rdata = Buffer.alloc(4)
  rdata.writeUInt32BE((0x0a00_0000 + host + 7 * round) >>> 0)
  return { name: hostName(host), type: Type.A, class: Class.IN, ttl: 300, rdata }
}

function soa(serial: number): ResourceRecord {
  const [mname, rname] = [nameOf('ns1.example.com'), nameOf('hostmaster.example.com')]
  const times = { refresh: 3_600, retry: 600, expire: 86_400, minimum: 60 }
  const rdata = soaRdata({ mname, rname, serial: serial as Serial, ...times })
  return { name: APEX, type: Type.SOA, class: Class.IN, ttl: 300, rdata }
}

function common(zoneId: number, seq: number) {
  const commandId = randomUUID()
  const at = Date.UTC(2026, 0, 1) + seq * 1_000
  return {
    zoneId,
    seq,
    commandId,
    fingerprint: createHash('sha256').update(commandId).digest(),
    receivedAt: at,
    queuedAt: at,
    decidedAt: at,
    identity: 'key:bench.' as const,
    source: { address: '192.0.2.1', port: 5353 },
    transport: 'udp' as const,
    edgeId: 'bench',
    rcode: Rcode.NOERROR,
    section: '',
    reason: 'applied',
    detail: '',
    rule: 'grant bench zonesub ANY',
  }
}
