import { Type } from '../../../shared/dns/codes.ts'
import { nameOf } from '../../../shared/dns/name.ts'
import type { RRset } from '../../../shared/dns/record.ts'
import { serialOf } from '../../../shared/dns/soa.ts'
import { rrsetLines } from '../../../shared/dns/zone-file-text.ts'
import type { ZoneContents } from '../../../shared/zone-contents.ts'
import type { Violation, ZoneEvidence } from './evidence.ts'

/** Folding a zone's events gives its RRsets and its row, what each edge serves, and what a secondary has (P6). */
export function checkCopies(zone: ZoneEvidence, contents: ZoneContents): Violation[] {
  const wanted = [...contents.rrsets()].flatMap((rrset) => [...rrsetLines(rrset)]).sort()
  const others = [
    { who: 'the follower by IXFR', lines: zone.follower.lines },
    ...zone.transfers.map(({ edge, lines }) => ({ who: `edge-${edge} by AXFR`, lines })),
  ]
  return [
    ...checkRow(zone, contents),
    ...violation(zone, 'the RRsets in Postgres', octets(contents.rrsets()), octets(zone.rrsets)),
    ...others.flatMap(({ who, lines }) => violation(zone, who, wanted, lines)),
    ...zone.follower.misfits.slice(0, 3).map((misfit) => broken(zone, `the follower by IXFR: ${misfit}`)),
    ...checkStream(zone),
  ]
}

function checkRow(zone: ZoneEvidence, contents: ZoneContents): Violation[] {
  const { head, events } = zone
  const [soa] = contents.at(nameOf(zone.name))?.get(Type.SOA)?.rdata ?? []
  const last = events.at(-1)
  const isRight =
    soa !== undefined &&
    last !== undefined &&
    head.seq === last.seq &&
    head.serial === serialOf(soa) &&
    head.serial === last.serialAfter &&
    Buffer.from(head.hash).equals(last.hash)
  return isRight
    ? []
    : [broken(zone, `its row says event ${head.seq} and serial ${head.serial}, events do not`)]
}

/** Nothing is told to the world that is not in history, and all of history is. */
function checkStream(zone: ZoneEvidence): Violation[] {
  const hashes = new Map(zone.events.map(({ seq, hash }) => [seq, Buffer.from(hash)]))
  const seen = new Set<number>()
  const found: Violation[] = []
  for (const { seq, hash } of zone.stream) {
    seen.add(seq)
    const recorded = hashes.get(seq)
    if (recorded === undefined)
      found.push(broken(zone, `the stream has event ${seq}, which is not in history`, seq))
    else if (hash !== undefined && !recorded.equals(hash))
      found.push(broken(zone, `the stream has another event ${seq} than history`, seq))
  }
  const missing = zone.events.filter(({ seq }) => !seen.has(seq))
  if (missing.length > 0)
    found.push(
      broken(
        zone,
        `the stream lacks ${missing.length} events, the last of them #${missing.at(-1)!.seq}`,
        missing[0]!.seq,
      ),
    )
  return found.slice(0, 10)
}

function violation(
  zone: ZoneEvidence,
  who: string,
  wanted: readonly string[],
  found: readonly string[],
): Violation[] {
  const [right, is] = [new Set(wanted), new Set(found)]
  const lacks = wanted.filter((line) => !is.has(line))
  const more = found.filter((line) => !right.has(line))
  if (lacks.length + more.length === 0 && wanted.length === found.length) return []
  const story = [
    ...lacks.slice(0, 3).map((line) => `lacks ${line}`),
    ...more.slice(0, 3).map((line) => `has ${line}`),
  ]
  return [{ ...broken(zone, `${who}: not what history adds up to`), story }]
}

function broken(zone: ZoneEvidence, what: string, event?: number): Violation {
  return { promise: 'P6', what, zone: zone.name, ...(event === undefined ? {} : { event }), story: [] }
}

/** Byte for byte, the order of values in a set included. */
function octets(rrsets: Iterable<RRset>): string[] {
  return [...rrsets]
    .map(({ name, type, ttl, rdata }) =>
      [name, type, ttl, ...rdata.map((value) => Buffer.from(value).toString('hex'))].join(' '),
    )
    .sort()
}
