import { typeToText } from '../../../../shared/dns/codes.ts'
import { canonicalName } from '../../../../shared/dns/name.ts'
import { rdataToText } from '../../../../shared/dns/rdata.ts'
import type { LeaseRange } from '../../../../shared/zone-settings.ts'
import { valueDigest } from '../../decide/zone-leases.ts'
import { type Db, inSnapshot } from '../../store/admin-zones.ts'
import { type KeptLease, type LeasePlace, leasePage } from '../../store/kept-leases.ts'
import { loadRRsets } from '../../store/rrsets.ts'
import { readSettings } from '../../store/zones.ts'
import { done, failure, type Outcome } from '../failure.ts'
import { readCanonicalName, zoneNamed } from '../names.ts'

/** A value that is removed unless it is refreshed in time. Times are ISO 8601. */
export interface LeaseJson {
  readonly name: string
  readonly type: string
  readonly value: string
  readonly seconds: number
  readonly endsAt: string
  /** The event that granted the lease, or refreshed it last. */
  readonly seq: number
  /** Who keeps the value whether it is refreshed or not. */
  readonly heldBy?: string
}

export interface LeaseList {
  readonly zone: string
  readonly leases: LeaseRange
  readonly values: readonly LeaseJson[]
  /** What to pass as `after` for the following page. */
  readonly next?: string
}

export interface LeaseQuery {
  readonly record?: string
  readonly after?: string
  readonly limit: number
}

/** A page of the leased values of a zone, or of one name, by name. */
export async function listLeases(db: Db, zoneName: string, query: LeaseQuery): Promise<Outcome<LeaseList>> {
  const owner = query.record === undefined ? undefined : readCanonicalName(query.record, 'record')
  if (owner !== undefined && !owner.ok) return owner
  const after = query.after === undefined ? undefined : placeFrom(query.after)
  if (query.after !== undefined && after === undefined)
    return failure('bad-filter', `'${query.after}' is not where a page of leases ends.`)
  return await inSnapshot(db, async (trx) => {
    const zone = await zoneNamed(trx, zoneName)
    if (!zone.ok) return zone
    const { id, name } = zone.value
    const { limit } = query
    const page = await leasePage(trx, id, {
      limit,
      ...(owner === undefined ? {} : { owner: owner.value }),
      ...(after === undefined ? {} : { after }),
    })
    const texts = await valueTexts(trx, id, page)
    const values = page.flatMap((lease) => {
      const value = texts.get(keyText(lease))
      return value === undefined ? [] : [{ ...leaseJson(lease), value }]
    })
    const last = page.length === limit ? page.at(-1) : undefined
    const { leases } = await readSettings(trx, id)
    return done({ zone: name, leases, values, ...(last === undefined ? {} : { next: placeText(last) }) })
  })
}

export function leaseJson({
  owner,
  type,
  seconds,
  expiresAt,
  seq,
  heldBy,
}: KeptLease): Omit<LeaseJson, 'value'> {
  return {
    name: owner,
    type: typeToText(type),
    seconds,
    endsAt: new Date(expiresAt).toISOString(),
    seq,
    ...(heldBy === null ? {} : { heldBy }),
  }
}

/** The values as text, by {@link keyText}; those that are there. */
async function valueTexts(db: Db, zoneId: number, page: readonly KeptLease[]): Promise<Map<string, string>> {
  const owners = [...new Set(page.map(({ owner }) => owner))]
  const stored = await loadRRsets(
    db,
    owners.map(() => zoneId),
    owners,
  )
  return new Map(
    stored.flatMap(({ rrset: { name, type, rdata } }) =>
      rdata.map((one): [string, string] => [
        keyText({ owner: canonicalName(name), type, value: valueDigest(type, one) }),
        rdataToText(type, one),
      ]),
    ),
  )
}

function keyText({ owner, type, value }: Pick<KeptLease, 'owner' | 'type' | 'value'>): string {
  return `${owner} ${type} ${Buffer.from(value).toString('hex')}`
}

function placeText(lease: KeptLease): string {
  return Buffer.from(keyText(lease)).toString('base64url')
}

function placeFrom(text: string): LeasePlace | undefined {
  const [, owner, type, value] =
    /^(\S+) (\d{1,5}) ([0-9a-f]{64})$/.exec(Buffer.from(text, 'base64url').toString()) ?? []
  const name = owner === undefined ? undefined : readCanonicalName(owner, 'record')
  return name?.ok ? { owner: name.value, type: Number(type), value: Buffer.from(value!, 'hex') } : undefined
}
