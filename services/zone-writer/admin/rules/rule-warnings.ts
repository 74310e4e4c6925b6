import type { Name } from '../../../../shared/dns/name.ts'
import { nearest } from '../../../../shared/nearest.ts'
import { isByAddress, needsKey } from '../../../../shared/rules/conditions.ts'
import type { UpdateRule } from '../../../../shared/rules/update-rule.ts'
import type { DbTransaction } from '../../store/admin-zones.ts'
import { holdKeys } from '../../store/keys.ts'
import type { Access } from '../access.ts'
import { keysToHint } from '../keys/keys-seen.ts'

/** What somebody should know of rules that are sound: nothing of it keeps them from being stored. */
export async function warningsAbout(
  trx: DbTransaction,
  rules: readonly UpdateRule[],
  access?: Access,
): Promise<string[]> {
  return [...(await missingKeys(trx, rules, access)), ...rules.filter(isForAnyone).map(anyoneWarning)]
}

/** Keys that the rules name and that do not exist; those that do go on to exist until the transaction ends. */
async function missingKeys(
  trx: DbTransaction,
  rules: readonly UpdateRule[],
  access: Access | undefined,
): Promise<string[]> {
  const named = new Set<Name>()
  for (const rule of rules)
    if (rule.identity.kind === 'key' && !isByAddress(rule)) named.add(rule.identity.name!)
  if (named.size === 0) return []
  const missing = [...named.difference(await holdKeys(trx, [...named]))]
  if (missing.length === 0) return []
  const known = await keysToHint(trx, access)
  return missing.map((name) => describe(name, nearest(name, known)))
}

function describe(name: Name, near: string | undefined): string {
  const key = name.slice(0, -1)
  const hint = near === undefined ? `zonelog key create ${key}` : `did you mean ${near.slice(0, -1)}?`
  return `there is no key ${key} yet, so the rule lets nobody in; ${hint}`
}

/** BIND's `*` is any key; ours is whoever sends. */
function isForAnyone(rule: UpdateRule): boolean {
  const { kind, range } = rule.identity
  return (
    rule.action === 'grant' &&
    kind === 'anyone' &&
    range === undefined &&
    !needsKey(rule) &&
    !isByAddress(rule)
  )
}

function anyoneWarning({ text }: UpdateRule): string {
  return `'${text}' lets in anyone who can reach an edge, signed or not; '*.' is any key`
}
