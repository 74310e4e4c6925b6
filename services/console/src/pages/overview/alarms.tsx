import type { Alarm } from '../../api/operations.ts'
import { Badge } from '../../parts/badge.tsx'
import { pathTo } from '../../routing/match.ts'

/** Read out when one comes. */
export function Alarms({ alarms }: { readonly alarms: readonly Alarm[] }) {
  return (
    <section class="alarms" aria-label="Alarms" aria-live="polite">
      {alarms.length === 0 && (
        <p class="note">
          <Badge tone="good">all well</Badge> Nothing needs to be seen to.
        </p>
      )}
      {alarms.map(({ severity, what, todo, zone }) => (
        <div class={severity === 'alarm' ? 'note problem' : 'note warn'} key={what}>
          <p>
            <Badge tone={severity === 'alarm' ? 'bad' : 'warn'}>{severity}</Badge> <strong>{what}</strong>
          </p>
          <p>
            What to do: {todo}.{' '}
            {zone !== undefined && <a href={pathTo('/zones/:zone', { zone })}>Go to {zone}</a>}
          </p>
        </div>
      ))}
    </section>
  )
}
