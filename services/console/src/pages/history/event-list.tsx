import { Component } from 'preact'
import type { Event } from '../../api/operations.ts'
import { OutcomeBadge } from '../../parts/badge.tsx'
import { Button } from '../../parts/button.tsx'
import { Time } from '../../parts/time.tsx'
import { pathTo } from '../../routing/match.ts'
import { Identity } from './identity.tsx'

interface RowProps {
  readonly zone: string
  readonly event: Event
  readonly isPicked: boolean
  /** The same for as long as the list stands. */
  readonly onPick?: ((seq: number, isPicked: boolean) => void) | undefined
}

/** Events, newest first; each can be picked for taking back. */
export function EventList({
  zone,
  events,
  picked,
  onPick,
}: Pick<RowProps, 'zone' | 'onPick'> & {
  readonly events: readonly Event[]
  readonly picked: ReadonlySet<number>
}) {
  return (
    <ol class="events" aria-label="Events, newest first">
      {events.map((event) => (
        <Row key={event.seq} zone={zone} event={event} isPicked={picked.has(event.seq)} onPick={onPick} />
      ))}
    </ol>
  )
}

/** Events do not change: of a thousand rows only those that are new or picked are drawn. */
class Row extends Component<RowProps> {
  override shouldComponentUpdate(next: RowProps): boolean {
    const { zone, event, isPicked, onPick } = this.props
    return next.zone !== zone || next.event !== event || next.isPicked !== isPicked || next.onPick !== onPick
  }

  override render({ zone, event, isPicked, onPick }: RowProps) {
    return (
      <li class={event.outcome === 'NOERROR' ? undefined : 'refused'}>
        {onPick && (
          <input
            type="checkbox"
            aria-label={`Pick event ${event.seq}`}
            checked={isPicked}
            disabled={event.addedCount + event.removedCount === 0}
            onInput={({ currentTarget }) => onPick(event.seq, currentTarget.checked)}
          />
        )}
        <div>
          <p class="event-head">
            <a href={pathTo('/zones/:zone/history/:seq', { zone, seq: String(event.seq) })}>#{event.seq}</a>{' '}
            <OutcomeBadge outcome={event.outcome} reason={event.reason} />
            {event.kind !== 'update' && <span class="badge info">{event.kind}</span>}
            <Identity by={event.by} />
            <span class="quiet">from {event.source.address || 'zonelog'}</span>
            <span class="quiet">
              <Time at={event.time} />
            </span>
          </p>
          <Summary event={event} />
        </div>
      </li>
    )
  }
}

const LINES = 3

function Summary({ event }: { readonly event: Event }) {
  const lines = [
    ...event.removed.slice(0, LINES).map((line) => ({ sign: '−', word: 'removed', line })),
    ...event.added.slice(0, LINES).map((line) => ({ sign: '+', word: 'added', line })),
  ]
  const hidden = event.removedCount + event.addedCount - lines.length
  if (lines.length === 0) return <p class="quiet anywhere">{event.detail || asked(event)}</p>
  return (
    <ul class="diff short">
      {lines.map(({ sign, word, line }) => (
        <li class={sign === '+' ? 'new' : 'gone'} key={sign + line}>
          <span aria-hidden="true">{sign}</span>
          <span class="unseen">{word}:</span> <code>{line}</code>
        </li>
      ))}
      {hidden > 0 && <li class="quiet">and {hidden.toLocaleString()} more</li>}
    </ul>
  )
}

function asked({ request }: Event): string {
  return request === undefined ? '' : [...request.prerequisites, ...request.updates].slice(0, 3).join('; ')
}

/** Loads what follows, when it is seen or pressed. */
export function MoreButton({ loading, onMore }: { readonly loading: boolean; readonly onMore: () => void }) {
  return (
    <Button busy={loading} onClick={onMore}>
      {loading ? 'Loading …' : 'Show older events'}
    </Button>
  )
}
