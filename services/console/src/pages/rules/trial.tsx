import type { ChangedVerdict, TriedRules } from '../../api/operations.ts'
import { Badge } from '../../parts/badge.tsx'
import { type Column, DataTable } from '../../parts/data-table.tsx'
import { pathTo } from '../../routing/match.ts'
import { Identity } from '../history/identity.tsx'

/** What a list of rules would have made of what has been. */
export function Trial({ zone, trial }: { readonly zone: string; readonly trial: TriedRules }) {
  const { updates, newlyRefused, newlyAllowed, changed, hidden, next } = trial
  return (
    <section aria-label="What these rules would have done" role="status">
      <p>
        Of {updates.toLocaleString()} updates in the last 30 days, {newlyRefused} would be refused that were
        allowed, and {newlyAllowed} allowed that were refused.
      </p>
      {changed.length > 0 && (
        <DataTable
          label="What would be different"
          columns={columnsOf(zone)}
          rows={changed}
          rowKey={({ change, by, source, name, type }) => [change, by, source, name, type].join(' ')}
        />
      )}
      {hidden > 0 && <p class="quiet">{hidden} more are not shown.</p>}
      {next !== undefined && (
        <p class="quiet">
          These are the updates up to event {next}; there are more. <code>zonelog rule try</code> looks at all
          of them.
        </p>
      )}
    </section>
  )
}

function columnsOf(zone: string): readonly Column<ChangedVerdict>[] {
  return [
    {
      id: 'change',
      title: 'Change',
      cell: ({ change }) => <Badge tone={change === 'newly allowed' ? 'good' : 'bad'}>{change}</Badge>,
    },
    { id: 'who', title: 'Who', cell: ({ by }) => <Identity by={by} /> },
    {
      id: 'what',
      title: 'What',
      cell: ({ name, type }) => (
        <code>
          {name} {type}
        </code>
      ),
    },
    { id: 'count', title: 'Times', number: true, cell: ({ count }) => count },
    { id: 'why', title: 'Why', minor: true, cell: ({ detail }) => detail },
    {
      id: 'events',
      title: 'Events',
      minor: true,
      cell: ({ events }) =>
        events.slice(0, 3).map((event) => {
          const seq = event.slice(event.lastIndexOf('#') + 1)
          return (
            <a key={event} href={pathTo('/zones/:zone/history/:seq', { zone, seq })}>
              #{seq}{' '}
            </a>
          )
        }),
    },
  ]
}
