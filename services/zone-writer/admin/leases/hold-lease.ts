import type { Identity, Source } from '../../../../shared/commands.ts'
import { typeFromText, typeToText } from '../../../../shared/dns/codes.ts'
import type { Name } from '../../../../shared/dns/name.ts'
import type { ZoneEvent } from '../../../../shared/events/zone-event.ts'
import type { DbTransaction } from '../../store/admin-zones.ts'
import { inTransaction } from '../../store/admin-zones.ts'
import { holdLeases, leasesAt, releaseLeases } from '../../store/kept-leases.ts'
import { lockZones } from '../../store/zones.ts'
import { deletedMeanwhile } from '../contents/seen-zone.ts'
import { type AdminContext, afterCommit } from '../context.ts'
import { done, failure, type Outcome } from '../failure.ts'
import { readCanonicalName, zoneNamed } from '../names.ts'
import { appendLeaseEvent } from './lease-event.ts'

export interface HoldRequest {
  readonly zone: string
  readonly name: string
  /** As text; all types of the name unless given. */
  readonly type?: string
  readonly action: 'hold' | 'release'
  readonly by: Identity
  readonly source: Source
}

export interface HeldLeases {
  readonly zone: Name
  readonly name: Name
  /** Values that are held, or not held any more, and were not before. */
  readonly values: number
  /** The event that says so; not there when all were so already. */
  readonly seq?: number
}

/**
 * Keeps the leased values of a name whether they are refreshed or not, or lets them go again: then each has a whole lease to be refreshed
 * in. An event says so; contents and serial stay.
 */
export async function holdLease(admin: AdminContext, request: HoldRequest): Promise<Outcome<HeldLeases>> {
  const owner = readCanonicalName(request.name, 'record')
  if (!owner.ok) return owner
  const type = request.type === undefined ? undefined : typeFromText(request.type)
  if (request.type !== undefined && type === undefined)
    return failure('bad-filter', `'${request.type}' is not a type: expected one such as A, TXT or TYPE65280.`)
  const held = await inTransaction(admin.db, (trx) =>
    store(trx, admin, request, { owner: owner.value, type }),
  )
  if (!held.ok) return held
  const { event, ...result } = held.value
  if (event === undefined) return done(result)
  await afterCommit(admin, 'event', () => admin.publisher.publish([event]))
  return done({ ...result, seq: event.seq })
}

interface Values {
  readonly owner: Name
  readonly type: number | undefined
}

async function store(
  trx: DbTransaction,
  admin: AdminContext,
  { zone: zoneName, action, by, source }: HoldRequest,
  wanted: Values,
): Promise<Outcome<HeldLeases & { event: ZoneEvent | undefined }>> {
  const zone = await zoneNamed(trx, zoneName)
  if (!zone.ok) return zone
  const [head] = await lockZones(trx, [zone.value.id])
  if (head === undefined || head.deleted) return deletedMeanwhile(zone.value.name)
  if (head.settings.leases.longest === 0)
    return failure(
      'leases-off',
      `${head.name} grants no leases: all its values are static. \`zonelog zone set ${head.name} --lease 30m..1d\` turns them on.`,
    )
  const { owner, type } = wanted
  const known = await leasesAt(trx, head.id, [owner])
  if (!known.some((lease) => type === undefined || lease.type === type))
    return failure(
      'lease-not-found',
      `No value of ${what(wanted)} has a lease; \`zonelog lease list ${head.name}\` shows those that have one. A value without one is never removed.`,
    )
  const values =
    action === 'hold'
      ? await holdLeases(trx, head.id, wanted, by)
      : await releaseLeases(trx, head.id, wanted, admin.now())
  const result = { zone: head.name, name: owner, values }
  if (values === 0) return done({ ...result, event: undefined })
  const told = action === 'hold' ? 'held whether refreshed or not' : 'to be refreshed again'
  const reason = action === 'hold' ? 'lease-held' : 'lease-released'
  const detail = `${what(wanted)}: ${values} value(s) ${told}`
  const event = await appendLeaseEvent(trx, admin, head, { by, source, detail, reason })
  return done({ ...result, event })
}

function what({ owner, type }: Values): string {
  return type === undefined ? owner : `${owner} ${typeToText(type)}`
}
