import type { Alarm, Overview } from '../../api/operations.ts'
import { Badge } from '../../parts/badge.tsx'
import { WithTimes } from '../../parts/time.tsx'
import { pathTo } from '../../routing/match.ts'

/** Read out when one comes. */
export function Alarms({
  alarms,
  secondaries,
}: {
  readonly alarms: readonly Alarm[]
  readonly secondaries: Overview['secondaries']
}) {
  const unseen = secondaries !== undefined && secondaries.seen < secondaries.zones
  return (
    <section class="alarms" aria-label="Alarms" aria-live="polite">
      {alarms.length === 0 && (
        <p class="note">
          <Badge tone={unseen ? 'quiet' : 'good'}>{unseen ? 'so far' : 'all well'}</Badge> Nothing
          {unseen && ' that is known of yet'} needs to be seen to.
        </p>
      )}
      {unseen && (
        <p class="quiet">
          Secondaries of {secondaries.seen.toLocaleString()} of {secondaries.zones.toLocaleString()} zones
          were looked at; the others follow.
        </p>
      )}
      {alarms.map(({ severity, what, todo, zone }) => (
        <div class={severity === 'alarm' ? 'note problem' : 'note warn'} key={what}>
          <p>
            <Badge tone={severity === 'alarm' ? 'bad' : 'warn'}>{severity}</Badge>{' '}
            <strong>
              <WithTimes text={what} />
            </strong>
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
