import { type Db, deletedBy, deletedZones } from '../store/admin-zones.ts'
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
  /** Who deleted it; left out where the event that says so is not there any more. */
  readonly deletedBy?: string
}

export interface DeletedZonesWanted {
  /** Only those that had this name. */
  readonly name?: string | undefined
  /** Only those whose name has this in it. */
  readonly search?: string | undefined
  /** Those that were deleted last come first; else those that were made first. */
  readonly newest?: boolean
  readonly after: number
  readonly limit?: number
}

const PAGE = 1_000

/** A page of them; `next` is what to pass as `after` for the following one. */
export async function listDeletedZones(
  db: Db,
  { name, limit = PAGE, ...more }: DeletedZonesWanted,
  names?: readonly string[],
): Promise<Outcome<{ zones: DeletedZoneDescription[]; next: number | undefined }>> {
  const wanted = name === undefined ? undefined : readCanonicalName(name, 'zone')
  if (wanted !== undefined && !wanted.ok) return wanted
  const page = await deletedZones(db, {
    ...more,
    names,
    limit,
    ...(wanted === undefined ? {} : { name: wanted.value }),
  })
  const deleters = await deletedBy(db, page)
  const zones = page.map((zone) => ({
    id: nameWithId(zone),
    name: zone.name,
    serial: zone.serial,
    events: zone.seq,
    createdAt: zone.createdAt.toISOString(),
    deletedAt: zone.deletedAt!.toISOString(),
    ...(deleters.has(zone.id) && { deletedBy: deleters.get(zone.id)! }),
  }))
  return done({ zones, next: page.length === limit ? page.at(-1)!.id : undefined })
}
