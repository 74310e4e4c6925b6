import { type Db, deletedZones } from '../store/admin-zones.ts'
import { done, type Outcome } from './failure.ts'
import { nameWithId, readCanonicalName } from './names.ts'

/** A zone that was deleted, and whose history is kept. */
export interface DeletedZoneDescription {
  /** `NAME@ID`: how its history is asked for. */
  readonly id: string
  readonly name: string
  /** The last serial it had, and how many events. */
  readonly serial: number
  readonly events: number
  /** ISO 8601. */
  readonly createdAt: string
  readonly deletedAt: string
}

const PAGE = 1_000

/** A page of them, oldest first, of one name where that is given; `next` is what to pass as `after` for the following one. */
export async function listDeletedZones(
  db: Db,
  name: string | undefined,
  after: number,
  names?: readonly string[],
): Promise<Outcome<{ zones: DeletedZoneDescription[]; next: number | undefined }>> {
  const wanted = name === undefined ? undefined : readCanonicalName(name, 'zone')
  if (wanted !== undefined && !wanted.ok) return wanted
  const page = await deletedZones(db, {
    after,
    names,
    limit: PAGE,
    ...(wanted === undefined ? {} : { name: wanted.value }),
  })
  const zones = page.map((zone) => ({
    id: nameWithId(zone),
    name: zone.name,
    serial: zone.serial,
    events: zone.seq,
    createdAt: zone.createdAt.toISOString(),
    deletedAt: zone.deletedAt!.toISOString(),
  }))
  return done({ zones, next: page.length === PAGE ? page.at(-1)!.id : undefined })
}
