import { DIFFERENCES, type Difference, MANY_RECORDS, OTHER_CLASS } from '../clients/bind-difference-list.ts'
import { ANSWER_DIFFERENCES, HELPFUL_ADDRESSES } from './answers/differences.ts'
import { OTHERS } from './answers/race.ts'
import { AGREED_WITH_KNOT } from './knot-differences.ts'
import { POLICY_DIFFERENCES } from './policy-differences.ts'
import { RULES } from './rules.ts'

// The rows of docs/conformance.md that come from what the tests run: `node test/conformance/tables.ts` prints them, and
// document.test.ts looks for each.

export function ruleRows(): string[] {
  return RULES.map(({ section, rule, test, us, bind, knot }) => {
    const [file, name] = test.split(' › ')
    const others = [bind, knot].map((outcome) => (outcome === us ? us : `**${outcome}**`))
    return row(
      section.startsWith('RFC') ? section : `§${section}`,
      rule,
      us,
      ...others,
      `\`${file}\` › ${name}`,
    )
  })
}

export function bindRows(): string[] {
  const listed = DIFFERENCES.map(({ title, because, ours, theirs }) =>
    row(title, because, outcomeOf(ours), outcomeOf(theirs)),
  )
  return [
    ...listed,
    row(MANY_RECORDS.title, MANY_RECORDS.because, 'REFUSED', 'SERVFAIL'),
    row(OTHER_CLASS.title, OTHER_CLASS.because, 'NOTAUTH', 'NOTIMP, FORMERR for ANY'),
  ]
}

export function knotRows(): string[] {
  return AGREED_WITH_KNOT.map(({ title, because = '', knot = '' }) => row(title, because, knot))
}

/** Of queries: one row a difference. */
export function answerRows(): string[] {
  return [HELPFUL_ADDRESSES, ...ANSWER_DIFFERENCES].map(({ title, because, us, others }) => {
    const cells: Partial<Record<string, string>> = others
    return row(title, because, us, ...OTHERS.map((other) => cells[other] ?? 'as we do'))
  })
}

export function policyRows(): string[] {
  return POLICY_DIFFERENCES.map(({ title, because = '', rcodes: [ours, theirs = ours] }) =>
    row(title, because, ours, theirs),
  )
}

/** The rcode; of NOERROR what changed. */
function outcomeOf([rcode, ...changes]: Difference['ours']): string {
  if (rcode !== 'NOERROR') return rcode!
  const [serial, ...records] = changes.toReversed()
  if (records.length === 0) return serial === 'serial +0' ? 'unchanged' : `no record, ${serial}`
  return records
    .toReversed()
    .map((change) => `\`${change.replaceAll('.example.com', '').replace(' IN ', ' ').slice(0, 60)}\``)
    .join(', ')
}

function row(...cells: string[]): string {
  return `| ${cells.join(' | ')} |`
}

if (import.meta.main)
  for (const rows of [ruleRows(), bindRows(), knotRows(), answerRows(), policyRows()])
    console.log(`${rows.join('\n')}\n`)
