import type { Name } from '../../../../shared/dns/name.ts'
import { identityFromText } from '../../../../shared/rules/parse-identity.ts'
import { parseNotifyTarget } from '../../../../shared/transfers/notify-target.ts'
import { parseTransferGrant } from '../../../../shared/transfers/transfer-grant.ts'
import type { Db } from '../../store/admin-zones.ts'
import { rulesWithIdentity, type TransfersOfZone, transfersOfZones } from '../../store/key-references.ts'
import { type Failure, type FailureDetail, failure } from '../failure.ts'

const MOST_SHOWN = 100

/** Every place where a zone names this key, a sentence each. */
export async function usesOf(db: Db, name: Name): Promise<FailureDetail[]> {
  const rules = await rulesWithIdentity(db, (identity) => namesKey(identity, name))
  const ofRules = rules.map(({ zone, position, rule }) => `${zone} rule ${position + 1}: ${rule}`)
  const ofTransfers = (await transfersOfZones(db)).flatMap((zone) => transferUses(zone, name))
  return [...ofRules, ...ofTransfers].map((message) => ({ message }))
}

function transferUses({ zone, allowTransfer, notify }: TransfersOfZone, name: Name): string[] {
  const names = (parse: typeof parseTransferGrant | typeof parseNotifyTarget) => (text: string) => {
    const parsed = parse(text)
    return parsed.ok && parsed.value.key === name
  }
  return [
    ...allowTransfer.filter(names(parseTransferGrant)).map((text) => `${zone} allow-transfer ${text}`),
    ...notify.filter(names(parseNotifyTarget)).map((text) => `${zone} notify ${text}`),
  ]
}

/** Why a key that zones name is not taken from them; undefined when none does. */
export async function inUse(db: Db, name: Name, what: string): Promise<Failure | undefined> {
  const uses = await usesOf(db, name)
  if (uses.length === 0) return undefined
  const shown = uses.slice(0, MOST_SHOWN)
  if (uses.length > shown.length) shown.push({ message: `and ${uses.length - shown.length} more` })
  return failure(
    'key-in-use',
    `The key ${name} is not ${what}, because zones name it. Take it out of these first, or use --force (force in the API):`,
    shown,
  )
}

/** Whether the identity of a rule is this key, alone or together with an address. */
function namesKey(text: string, name: Name): boolean {
  const identity = identityFromText(text)
  return identity?.kind === 'key' && identity.name === name
}
