import type { Name } from '../../../shared/dns/name.ts'
import { nearest } from '../../../shared/nearest.ts'
import { allowUpdateRule } from '../../../shared/rules/parse-rule.ts'
import type { UpdateRule } from '../../../shared/rules/update-rule.ts'
import type { DbTransaction } from '../store/admin-zones.ts'
import { holdKeys, keyNames } from '../store/keys.ts'
import { done, type Failure, type FailureDetail, failure, type Outcome } from './failure.ts'

/** The rules that a list of `--allow-update KEY|CIDR` stands for; all faults at once. */
export function rulesFrom(allowUpdate: readonly string[], apex: Name): Outcome<UpdateRule[]> {
  const rules: UpdateRule[] = []
  const faults: FailureDetail[] = []
  for (const who of allowUpdate) {
    const rule = allowUpdateRule(who, apex)
    if (rule.ok) rules.push(rule.value)
    else faults.push({ message: `'${who}': ${rule.reason}` })
  }
  if (faults.length === 0) return done(rules)
  return failure('bad-rule', 'Updates can be allowed to the name of a key or to an address range.', faults)
}

/** Undefined when every key that the rules name exists; they go on to exist until the transaction ends. */
export async function unknownKeys(
  trx: DbTransaction,
  rules: readonly UpdateRule[],
): Promise<Failure | undefined> {
  const named = new Set<Name>()
  for (const { identity } of rules) if (identity.kind === 'key') named.add(identity.name!)
  if (named.size === 0) return undefined
  const missing = [...named.difference(await holdKeys(trx, [...named]))]
  if (missing.length === 0) return undefined
  const known = await keyNames(trx)
  return failure(
    'unknown-key',
    'Updates cannot be allowed to keys that do not exist; create them first.',
    missing.map((name) => ({ message: describe(name, nearest(name, known)) })),
  )
}

function describe(name: Name, near: string | undefined): string {
  const hint =
    near === undefined ? `zonelog key create ${name.slice(0, -1)}` : `did you mean ${near.slice(0, -1)}?`
  return `'${name.slice(0, -1)}' is neither a key here nor an address range such as 10.0.0.0/8; ${hint}`
}
