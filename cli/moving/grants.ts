import type { ImportDraft, Place } from '../../shared/rules/import/finding.ts'

const EVERYWHERE = ['0.0.0.0/0', '::/0']

/**
 * Who may transfer, from identities of rules (`*`, `KEY`, `*+ip:CIDR`, `ip:CIDR`, `KEY+ip:CIDR`) to what `--allow-transfer` takes. A
 * denial before a grant cannot be carried over, since grants have no order; one that nothing follows denies what is denied anyway.
 */
export function transferGrants(rules: readonly string[], at: Place, draft: ImportDraft): string[] {
  const grants: string[] = []
  for (const [index, rule] of rules.entries()) {
    const [action, identity = ''] = rule.split(' ')
    if (action === 'deny') {
      if (rules.slice(index + 1).some((later) => later.startsWith('grant ')))
        draft.refuse(
          at,
          `who may transfer has an exception (${identity}), which grants here cannot have: write out who may`,
        )
      continue
    }
    grants.push(...grantsOf(identity))
  }
  return [...new Set(grants)]
}

function grantsOf(identity: string): string[] {
  if (identity === '*') return EVERYWHERE
  return [identity.replace(/^\*\+ip:/, '').replace(/^ip:/, '')]
}
