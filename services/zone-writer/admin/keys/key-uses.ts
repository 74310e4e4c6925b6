import type { Name } from '../../../../shared/dns/name.ts'
import { identityFromText } from '../../../../shared/rules/parse-identity.ts'
import type { Db } from '../../store/admin-zones.ts'
import { rulesWithIdentity } from '../../store/key-references.ts'
import { type Failure, type FailureDetail, failure } from '../failure.ts'

const MOST_SHOWN = 100

/** Every place where a zone names this key, a sentence each. */
export async function usesOf(db: Db, name: Name): Promise<FailureDetail[]> {
  const rules = await rulesWithIdentity(db, (identity) => namesKey(identity, name))
  return rules.map(({ zone, position, rule }) => ({ message: `${zone} rule ${position + 1}: ${rule}` }))
}

/** Why a key that zones name is not taken from them; undefined when none does. */
export async function inUse(db: Db, name: Name, what: string): Promise<Failure | undefined> {
  const uses = await usesOf(db, name)
  if (uses.length === 0) return undefined
  const shown = uses.slice(0, MOST_SHOWN)
  if (uses.length > shown.length) shown.push({ message: `and ${uses.length - shown.length} more` })
  return failure(
    'key-in-use',
    `The key ${name} is not ${what}, because zones name it. Remove these rules first, or use --force (force in the API):`,
    shown,
  )
}

/** Whether the identity of a rule is this key, alone or together with an address. */
function namesKey(text: string, name: Name): boolean {
  const identity = identityFromText(text)
  return identity?.kind === 'key' && identity.name === name
}
