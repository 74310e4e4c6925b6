import { sql } from 'kysely'
import type { Db } from './admin-zones.ts'

/** Events of a stretch of time by what became of them. */
export interface CountedEvents {
  /** From 0. */
  readonly bucket: number
  readonly applied: number
  readonly unchanged: number
  readonly refused: number
}

/** The events with numbers from `least` to `most`, counted in `buckets` equal parts of the time from `from` to `to` (ms); empty ones are left out. */
export async function countByTime(
  db: Db,
  zoneId: number,
  numbers: { readonly least: number; readonly most: number },
  time: { readonly from: number; readonly to: number; readonly buckets: number },
): Promise<CountedEvents[]> {
  const { from, to, buckets } = time
  const { rows } = await sql<CountedEvents>`
    select
      -- clocks of writers differ a little, so events at the ends may lie outside
      least(greatest(floor((extract(epoch from decided_at) * 1000 - ${from}) * ${buckets} / ${to - from}), 0), ${buckets - 1})::int as bucket,
      count(*) filter (where rcode = 0 and octet_length(diff) > 0) as applied,
      count(*) filter (where rcode = 0 and octet_length(diff) = 0) as unchanged,
      count(*) filter (where rcode <> 0) as refused
    from zone_event
    where zone_id = ${zoneId} and seq between ${numbers.least} and ${numbers.most}
    group by 1 order by 1`.execute(db)
  return rows
}
