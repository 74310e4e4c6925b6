import { useState } from 'preact/hooks'
import { useEventStream } from '../../api/event-stream.ts'
import type { EventSummary } from '../../api/operations.ts'
import { Badge, OutcomeBadge } from '../../parts/badge.tsx'
import { Button } from '../../parts/button.tsx'
import { Section } from '../../parts/page.tsx'
import { Time } from '../../parts/time.tsx'
import { pathTo } from '../../routing/match.ts'

const MOST = 50

/** What happens, as it happens. */
export function LiveFeed() {
  const [paused, setPaused] = useState(false)
  const { events, state, problem } = useEventStream(MOST, paused)
  const actions = (
    <>
      <Badge tone={state === 'live' ? 'good' : 'quiet'}>{state}</Badge>
      <Button small onClick={() => setPaused(!paused)}>
        {paused ? 'Go on' : 'Pause'}
      </Button>
    </>
  )
  return (
    <Section title="Live" actions={actions}>
      {problem && <p class="note warn">Not live for now: {problem.detail}</p>}
      {events.length === 0 && <p class="quiet">Updates stand here as they come.</p>}
      <div role="log" aria-label="Events as they come">
        <ol class="feed">
          {events.map((event) => (
            <Line key={event.eventId} event={event} />
          ))}
        </ol>
      </div>
    </Section>
  )
}

function Line({
  event: { zone, seq, time, kind, by, address, outcome, reason, names },
}: {
  readonly event: EventSummary
}) {
  return (
    <li>
      <Time at={time} ago />
      <OutcomeBadge outcome={outcome} reason={reason} />
      <a href={pathTo('/zones/:zone/history/:seq', { zone, seq: String(seq) })}>
        {zone} #{seq}
      </a>
      <span class="anywhere">
        {kind === 'update' ? names.join(', ') : `${kind} ${names.join(', ')}`} by {by}
        {address !== '' && ` from ${address}`}
      </span>
    </li>
  )
}
