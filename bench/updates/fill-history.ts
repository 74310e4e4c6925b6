import { statfsSync } from 'node:fs'
import { Client } from 'pg'
import { connectionSettings } from '../../shared/database/connect.ts'
import { Class, Type } from '../../shared/dns/codes.ts'
import type { GivenName, Name } from '../../shared/dns/name.ts'
import type { Serial } from '../../shared/dns/serial.ts'
import { serialOf, withSerial } from '../../shared/dns/soa.ts'
import { copyIn } from './copy-in.ts'
import { COPY_END, COPY_HEAD, MadePast, PAST_COLUMNS, type ZoneEnd } from './made-past.ts'

/** Of an event with its indexes, a tenth more than was seen; and what Postgres' log and NATS take beside it. */
const EVENT_OCTETS = 850
const OTHER_OCTETS = 4 * 2 ** 30
const ROWS_AT_ONCE = 2_000

/** Throws where the disk of a folder has no room for so many events. */
export function checkRoom(folder: string, events: number): void {
  const { bavail, bsize } = statfsSync(folder)
  const [free, wanted] = [bavail * bsize, events * EVENT_OCTETS + OTHER_OCTETS]
  if (free < wanted)
    throw new Error(
      `a history of ${events} events takes ${gib(wanted)} on disk; ${folder} has ${gib(free)} free`,
    )
}

/**
 * Gives a zone so many events more, which leave its contents as they are but for the serial, with a valid chain. No service may run. What is
 * derived from events is marked as done for them, so that nothing in the background begins to derive it: looking back at them finds nothing.
 */
export async function fillHistory(
  url: string,
  zone: string,
  events: number,
  say: (line: string) => void,
): Promise<void> {
  const client = new Client(connectionSettings(url, 'bench'))
  await client.connect()
  try {
    const began = performance.now()
    const past = new MadePast(await zoneEnd(client, zone))
    await client.query(`begin; set local maintenance_work_mem = '512MB'`)
    const indexes = await dropIndexes(client)
    // Postgres marks rows as seen by all, as a vacuum would later, only in a table that is emptied in the same transaction
    await client.query(`create temp table kept on commit drop as select * from zone_event; truncate zone_event;
      insert into zone_event select * from kept`)
    const copy = `copy zone_event (${PAST_COLUMNS}) from stdin (format binary, freeze)`
    await copyIn(client, copy, pieces(past, events, say))
    for (const index of indexes) await client.query(index)
    await settle(client, past.at, events)
    await client.query('commit')
    await client.query('vacuum (analyze) zone_event')
    await client.query('checkpoint')
    const { rows } = await client.query(`select pg_total_relation_size('zone_event') as octets`)
    const seconds = Math.round((performance.now() - began) / 1_000)
    say(
      `${zone} has ${events.toLocaleString('en')} events more: ${gib(rows[0].octets)}, filled in ${seconds} s`,
    )
  } finally {
    await client.end()
  }
}

async function zoneEnd(client: Client, zone: string): Promise<ZoneEnd> {
  const { rows } = await client.query(
    `select zone.id, name, seq, serial, hash, owner_as_given, ttl, rdata[1] as rdata, rule from zone
     join rrset on zone_id = zone.id and owner = name and type = $2
     join update_rule on update_rule.zone_id = zone.id and position = (select min(position) from update_rule where zone_id = zone.id)
     where rtrim(name, '.') = $1`,
    [zone, Type.SOA],
  )
  const { id, name, seq, serial, hash, owner_as_given, ttl, rdata, rule } = rows[0]
  if (serialOf(rdata) !== serial) throw new Error(`the SOA of ${zone} has another serial than the zone`)
  const soa = { name: owner_as_given as GivenName, type: Type.SOA, class: Class.IN, ttl, rdata }
  return { zoneId: id, zone: name as Name, seq, serial, hash, soa, rule }
}

function* pieces(past: MadePast, events: number, say: (line: string) => void): Generator<Uint8Array> {
  yield COPY_HEAD
  let told = performance.now()
  for (let made = 0; made < events; made += ROWS_AT_ONCE) {
    yield past.rows(Math.min(ROWS_AT_ONCE, events - made), Date.now())
    if (performance.now() - told < 10_000) continue
    told = performance.now()
    say(`${(made + ROWS_AT_ONCE).toLocaleString('en')} of ${events.toLocaleString('en')} events of history`)
  }
  yield COPY_END
}

/** Takes the indexes of the events away; answers the statements that make them again, which is quicker than to keep them. */
async function dropIndexes(client: Client): Promise<string[]> {
  const { rows: constraints } = await client.query(
    `select conname as name, pg_get_constraintdef(oid) as definition from pg_constraint
     where conrelid = 'zone_event'::regclass and contype in ('p', 'u')`,
  )
  for (const { name } of constraints) await client.query(`alter table zone_event drop constraint ${name}`)
  const { rows: others } = await client.query(
    `select indexname as name, indexdef as definition from pg_indexes where tablename = 'zone_event'`,
  )
  for (const { name } of others) await client.query(`drop index ${name}`)
  return [
    ...constraints.map(
      ({ name, definition }) => `alter table zone_event add constraint ${name} ${definition}`,
    ),
    ...others.map(({ definition }) => definition),
  ]
}

/** What else says where the zone stands. */
async function settle(
  client: Client,
  { zoneId, zone, seq, serial, hash, soa }: ZoneEnd,
  events: number,
): Promise<void> {
  await client.query('update zone set seq = $2, serial = $3, hash = $4, published_seq = $2 where id = $1', [
    zoneId,
    seq,
    serial,
    hash,
  ])
  await client.query(
    'update rrset set rdata = array[$4::bytea] where zone_id = $1 and owner = $2 and type = $3',
    [zoneId, zone, Type.SOA, Buffer.from(withSerial(soa.rdata, serial as Serial))],
  )
  await client.query('update history_progress set seq = $2, counted_seq = $2 where zone_id = $1', [
    zoneId,
    seq,
  ])
  for (const seconds of [60, 3_600])
    await client.query(
      `insert into event_count values ($1, $2::integer, to_timestamp(floor(extract(epoch from now()) / $2) * $2), $3, 0, 0)
       on conflict (zone_id, seconds, starts_at) do update set applied = event_count.applied + excluded.applied`,
      [zoneId, seconds, events],
    )
}

function gib(octets: number): string {
  return `${(octets / 2 ** 30).toFixed(1)} GiB`
}
