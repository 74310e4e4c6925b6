import type { Name } from '../../../../shared/dns/name.ts'
import { identityFromText } from '../../../../shared/rules/parse-identity.ts'
import { parseNotifyTarget } from '../../../../shared/transfers/notify-target.ts'
import { parseTransferGrant } from '../../../../shared/transfers/transfer-grant.ts'
import type { Db } from '../../store/admin-zones.ts'
import { rulesWithIdentity, transfersOfZones } from '../../store/key-references.ts'
import { createdByOf } from '../../store/keys.ts'
import { type Access, seesZone } from '../access.ts'
import { type Failure, failure } from '../failure.ts'
import { readCanonicalName } from '../names.ts'

/** Which zones name which key. */
export async function zonesByKey(db: Db): Promise<ReadonlyMap<Name, ReadonlySet<Name>>> {
  const zones = new Map<Name, Set<Name>>()
  const note = (key: Name | undefined, zone: Name) => {
    if (key !== undefined) zones.set(key, (zones.get(key) ?? new Set()).add(zone))
  }
  for (const { zone, rule } of await rulesWithIdentity(db, () => true)) {
    const identity = identityFromText(rule.split(' ')[1] ?? '')
    if (identity?.kind === 'key') note(identity.name, zone)
  }
  for (const { zone, allowTransfer, notify } of await transfersOfZones(db)) {
    for (const text of allowTransfer) note(keyIn(parseTransferGrant(text)), zone)
    for (const text of notify) note(keyIn(parseNotifyTarget(text)), zone)
  }
  return zones
}

function keyIn(parsed: { ok: true; value: { key?: Name | undefined } } | { ok: false }): Name | undefined {
  return parsed.ok ? parsed.value.key : undefined
}

/**
 * Why a token that is limited to zones may not see a key, or may not change it. It sees those that its zones name and those that it made;
 * it changes those of them that no other zone names, so that it gains nothing elsewhere. The same whether there is such a key or not.
 */
export async function keyLack(
  db: Db,
  access: Access,
  text: string,
  to: 'see' | 'change' | 'create',
): Promise<Failure | undefined> {
  const name = readCanonicalName(text, 'key')
  if (access.zones === undefined || !name.ok) return undefined
  const naming = [...((await zonesByKey(db)).get(name.value) ?? [])]
  const isOwn = to === 'create' || (await createdByOf(db, name.value)) === `api:${access.token}`
  const isSeen = isOwn || naming.some((zone) => seesZone(access, zone))
  if (!isSeen)
    return failure(
      'zone-lacking',
      `No zone that the token ${access.token} is for names the key ${name.value}`,
    )
  if (to === 'see' || naming.every((zone) => seesZone(access, zone))) return undefined
  return failure(
    'zone-lacking',
    `The key ${name.value} is named by zones that the token ${access.token} is not for, so it may not be changed with it.`,
  )
}

/** Whether a limited token sees a key, for lists. */
export async function keyFilter(
  db: Db,
  access: Access,
): Promise<(key: { name: Name; createdBy: string }) => boolean> {
  if (access.zones === undefined) return () => true
  const zones = await zonesByKey(db)
  return ({ name, createdBy }) =>
    createdBy === `api:${access.token}` || [...(zones.get(name) ?? [])].some((zone) => seesZone(access, zone))
}
