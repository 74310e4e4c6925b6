import type { Name } from '../../../../shared/dns/name.ts'
import { admitsKey } from '../../../../shared/rules/conditions.ts'
import type { Db } from '../../store/admin-zones.ts'
import { rulesAboutKey, rulesOfZones, transfersNaming, transfersOfZones } from '../../store/key-references.ts'
import { createdByOf, keyNames } from '../../store/keys.ts'
import { tokenNamed, zonesOfTokens } from '../../store/tokens.ts'
import { type Access, seesZone } from '../access.ts'
import { type Failure, failure } from '../failure.ts'
import { readCanonicalName } from '../names.ts'
import { readStoredRules } from '../rules/stored-rules.ts'
import { keyOfRule, keysOfTransfers } from './key-uses.ts'

/**
 * `see` tells that it is there, `see-whole` also who signs with it; `end` takes it away, `change` gives somebody what signs by it, and
 * `create` makes it.
 */
export type KeyAct = 'see' | 'see-whole' | 'end' | 'change' | 'create'

/**
 * Why a token that is limited to zones may not do this to a key. A key that such a token made belongs to that token's zones, and what other
 * zones say of it gives them no right; any other key is for the zones that name it. It changes those that no other zone has a right to, and
 * gives nobody what would sign updates of a zone that it is not for. The same whether there is such a key or not.
 */
export async function keyLack(
  db: Db,
  access: Access,
  text: string,
  act: KeyAct,
): Promise<Failure | undefined> {
  const name = readCanonicalName(text, 'key')
  if (access.zones === undefined || !name.ok) return undefined
  const key = name.value
  const { isThere, isMade, isSeen, isShared, isNamed, isLetIn } = await standing(db, access, key)
  if (act === 'create') return isNamed || isLetIn ? othersLack(access, key) : undefined
  if (!isSeen)
    return failure('zone-lacking', `No zone that the token ${access.token} is for names the key ${key}`)
  // no hint: it would name keys of others
  if (!isThere) return failure('key-not-found', `There is no key ${key} here.`)
  if (act === 'see') return undefined
  return isShared || (act === 'change' && isLetIn && !isMade) ? othersLack(access, key) : undefined
}

function othersLack({ token }: Access, key: Name): Failure {
  return failure(
    'zone-lacking',
    `Rules or transfers of zones that the token ${token} is not for are about the key ${key}, by its name, by a wildcard or by what self means; this needs a token for those zones as well.`,
  )
}

interface Standing {
  readonly isThere: boolean
  /** By the token, or by one whose zones are all among its own. */
  readonly isMade: boolean
  readonly isSeen: boolean
  /** Another zone has a right to it. */
  readonly isShared: boolean
  /** Another zone names it, by whatever right. */
  readonly isNamed: boolean
  /** Another zone lets in whoever signs with it. */
  readonly isLetIn: boolean
}

async function standing(db: Db, access: Access, key: Name): Promise<Standing> {
  const createdBy = await createdByOf(db, key)
  const owners = createdBy?.startsWith('api:') ? (await tokenNamed(db, createdBy.slice(4)))?.zones : undefined
  const rules = await rulesAboutKey(db, key)
  const naming = [
    ...rules.filter(({ rule }) => keyOfRule(rule) === key).map(({ zone }) => zone),
    ...(await transfersNaming(db, key))
      .filter((zone) => keysOfTransfers(zone).includes(key))
      .map(({ zone }) => zone),
  ]
  const isOthers = (zone: Name) => !seesZone(access, zone)
  const isMade = madeBy(access, createdBy, owners)
  return {
    isThere: createdBy !== undefined,
    isMade,
    isSeen: isMade || naming.some((zone) => !isOthers(zone) && hasRight(zone, owners)),
    isShared: naming.some((zone) => isOthers(zone) && hasRight(zone, owners)),
    isNamed: naming.some(isOthers),
    isLetIn: rules.some(
      ({ zone, rule }) => isOthers(zone) && admitsKey(readStoredRules([rule], zone)[0]!, key, zone),
    ),
  }
}

type Owners = readonly Name[] | undefined

function hasRight(zone: Name, owners: Owners): boolean {
  return owners === undefined || owners.includes(zone)
}

function madeBy(access: Access, createdBy: string | undefined, owners: Owners): boolean {
  return createdBy === `api:${access.token}` || owners?.every((zone) => seesZone(access, zone)) === true
}

/** Names that a hint may tell: none to a token that is limited, for they may be of others. */
export async function keysToHint(db: Db, access: Access | undefined): Promise<Name[]> {
  return access?.zones === undefined ? await keyNames(db) : []
}

/** Whether a limited token sees a key, for lists. */
export async function keyFilter(
  db: Db,
  access: Access,
): Promise<(key: { name: Name; createdBy: string }) => boolean> {
  if (access.zones === undefined) return () => true
  const [mine, owners] = [[...access.zones], await zonesOfTokens(db)]
  const naming = new Map<Name, Name[]>()
  const note = (zone: Name, key: Name | undefined) =>
    key !== undefined && naming.set(key, [...(naming.get(key) ?? []), zone])
  for (const { zone, rule } of await rulesOfZones(db, mine)) note(zone, keyOfRule(rule))
  for (const zone of await transfersOfZones(db, mine))
    for (const key of keysOfTransfers(zone)) note(zone.zone, key)
  return ({ name, createdBy }) => {
    const of = createdBy.startsWith('api:') ? owners.get(createdBy.slice(4)) : undefined
    return madeBy(access, createdBy, of) || (naming.get(name) ?? []).some((zone) => hasRight(zone, of))
  }
}
