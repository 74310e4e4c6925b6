import { type RawBuilder, sql } from 'kysely'
import { Type } from '../../../shared/dns/codes.ts'
import type { GivenName, Name } from '../../../shared/dns/name.ts'
import type { RRset } from '../../../shared/dns/record.ts'
import { type Db, inLongSnapshot } from './admin-zones.ts'
import { rowsOf } from './cursor.ts'

interface Row {
  owner_as_given: string
  type: number
  ttl: number
  rdata: Buffer[]
}

/**
 * A zone's RRsets as they are at one moment: the SOA first, then the owners in canonical order (RFC 4034 §6.1) and their types by
 * number. Postgres sorts, on disk where memory does not suffice, and a few thousand are here at a time.
 */
export async function* rrsetsInCanonicalOrder(db: Db, zoneId: number, apex: Name): AsyncGenerator<RRset> {
  const query = sql`
    select owner_as_given, type, ttl, rdata
    from (
      select *, left(owner, -${apex === '.' ? 1 : apex.length + 1}::integer) as below from rrset where zone_id = ${zoneId}
    ) named
    order by (type = ${Type.SOA}) desc, ${ORDER_KEY} collate "C", type`
  yield* inLongSnapshot(db, async function* (trx) {
    for await (const rows of rowsOf<Row>(trx, 'exported', query))
      for (const { owner_as_given, type, ttl, rdata } of rows)
        yield { name: owner_as_given as GivenName, type, ttl, rdata }
  })
}

/*
 * Text whose order is the canonical one: the labels last one first, chr(1) between them, each octet as the character of that
 * number. The octets 0 to 2 make way for the divider: chr(2) and another. Most names need none of it: they have one label below
 * the apex. Canonical names are ASCII; an octet that is not stands there as \DDD, and a dot in a label behind a backslash.
 */
const OCTET: RawBuilder<string> = sql`
  case when part[1] is null then part[2]
       when part[1]::integer <= 2 then chr(2) || chr(part[1]::integer + 1)
       else chr(part[1]::integer) end`

const ESCAPED_KEY: RawBuilder<string> = sql`(
  select string_agg(
    (select string_agg(${OCTET}, '' order by at)
     from regexp_matches(found[1], '\\\\(\\d\\d\\d)|\\\\?(.)', 'g') with ordinality as octet (part, at)),
    chr(1) order by place desc)
  from regexp_matches(below || '.', '((?:[^.\\\\]|\\\\.)+)\\.', 'g') with ordinality as label (found, place)
)`

const ORDER_KEY: RawBuilder<string> = sql`
  case when strpos(below, '\\') > 0 then ${ESCAPED_KEY}
       when strpos(below, '.') = 0 then below
       else (select string_agg(label, chr(1) order by place desc)
             from string_to_table(below, '.') with ordinality as labels (label, place)) end`
