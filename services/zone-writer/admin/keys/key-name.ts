import type { Name } from '../../../../shared/dns/name.ts'
import { identityFromText } from '../../../../shared/rules/parse-identity.ts'
import { parseTransferGrant } from '../../../../shared/transfers/transfer-grant.ts'
import { failure, type Outcome } from '../failure.ts'
import { readCanonicalName } from '../names.ts'

/** A name that a rule can say: one that it would read as something else could be given no right. */
export function keyName(text: string): Outcome<Name> {
  const name = readCanonicalName(text, 'key')
  if (!name.ok) return name
  if (name.value === '.') return failure('bad-name', "'.' cannot be the name of a key; it needs a label.")
  const label = name.value.slice(0, -1)
  const identity = identityFromText(label)
  const grant = parseTransferGrant(label)
  const isKey = identity?.kind === 'key' && identity.name === name.value && identity.range === undefined
  if (isKey && grant.ok && grant.value.key === name.value && grant.value.range === undefined) return name
  return failure(
    'bad-name',
    `'${text}' cannot be the name of a key: a rule would read it as an address, or as anyone; choose another, such as ${text.replaceAll(/[^\w-]/g, '-').replaceAll(/^-+|-+$/g, '') || 'key'}.example.`,
  )
}
