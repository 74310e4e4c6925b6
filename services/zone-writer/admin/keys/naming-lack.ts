import { isSubdomain, type Name, parentOf } from '../../../../shared/dns/name.ts'
import { isByAddress } from '../../../../shared/rules/conditions.ts'
import type { UpdateRule } from '../../../../shared/rules/update-rule.ts'
import type { Db } from '../../store/admin-zones.ts'
import type { Access } from '../access.ts'
import { type Failure, failure } from '../failure.ts'
import { keyLack } from './keys-seen.ts'

/** What a zone is to say of keys. */
export interface Naming {
  readonly rules?: readonly UpdateRule[]
  /** Of transfers. */
  readonly keys?: readonly Name[]
}

/**
 * Why a limited token may not write this: it names a key that it does not see, whether there is such a key or not, or means keys of others
 * by a wildcard. Whoever names a key has a say in it and sees it, so naming must not be free.
 */
export async function namingLack(
  db: Db,
  access: Access | undefined,
  { rules = [], keys = [] }: Naming,
): Promise<Failure | undefined> {
  if (access?.zones === undefined) return undefined
  const ofKeys = rules.filter((rule) => !isByAddress(rule))
  const wide = ofKeys.find((rule) => meansOthers(rule, access))
  if (wide !== undefined)
    return failure(
      'unknown-key',
      `'${wide.text}' lets in keys that the token ${access.token} does not see; a wildcard of keys must lie in a zone of the token.`,
    )
  const named = new Set(keys)
  for (const { identity } of ofKeys) if (identity.kind === 'key') named.add(identity.name!)
  const unseen: Name[] = []
  for (const key of named)
    if ((await keyLack(db, access, key, 'see'))?.code === 'zone-lacking') unseen.push(key)
  if (unseen.length === 0) return undefined
  return failure(
    'unknown-key',
    `The token ${access.token} names keys that it sees, and no others; create them with it first.`,
    unseen.map((key) => ({ message: `'${key.slice(0, -1)}' is no key of its zones` })),
  )
}

function meansOthers({ action, identity }: UpdateRule, { zones }: Access): boolean {
  if (action !== 'grant' || identity.kind !== 'keys') return false
  const below = parentOf(identity.name!)!
  return ![...zones!].some((zone) => isSubdomain(below, zone))
}
