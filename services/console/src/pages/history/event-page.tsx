import { useState } from 'preact/hooks'
import { call } from '../../api/client.ts'
import type { Event } from '../../api/operations.ts'
import { may } from '../../api/roles.ts'
import { useResource } from '../../api/use-resource.ts'
import { OutcomeBadge } from '../../parts/badge.tsx'
import { Button } from '../../parts/button.tsx'
import { Facts } from '../../parts/facts.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { Section } from '../../parts/page.tsx'
import { Time } from '../../parts/time.tsx'
import { pathTo } from '../../routing/match.ts'
import { ZoneFrame } from '../zone/zone-frame.tsx'
import { Diff } from './diff.tsx'
import { Explanation } from './explanation.tsx'
import { Identity } from './identity.tsx'
import { Message } from './message.tsx'
import { UndoDialog } from './undo-dialog.tsx'

/** One event: who, when, where from, what was asked, what was decided and why, what changed. */
export function EventPage({ zone, seq }: { readonly zone: string; readonly seq: string }) {
  const event = useResource(`event ${zone} ${seq}`, (signal) =>
    call('GET /v1/zones/{name}/events/{seq}', { path: { name: zone, seq: Number(seq) }, signal }),
  )
  return (
    <ZoneFrame zone={zone}>
      <Loaded resource={event}>{(found) => <Details zone={zone} event={found} />}</Loaded>
    </ZoneFrame>
  )
}

function Details({ zone, event }: { readonly zone: string; readonly event: Event }) {
  const [undoing, setUndoing] = useState(false)
  const { seq, outcome, reason, detail, rule, serialBefore, serialAfter, source } = event
  const changed = event.addedCount + event.removedCount > 0
  return (
    <>
      <Section title={`Event #${seq}`} actions={<Neighbours zone={zone} seq={seq} />}>
        <Facts
          facts={[
            ['Outcome', <OutcomeBadge key="outcome" outcome={outcome} reason={reason} />],
            ['Who', <Identity key="who" by={event.by} />],
            [
              'From',
              source.port === 0 ? source.address || 'zonelog' : `${source.address} port ${source.port}`,
            ],
            ['Over', `${event.transport}, through ${event.edge || 'zonelog'}`],
            ['Decided', <Time key="decided" at={event.decidedAt} />],
            ['Received', <Time key="received" at={event.receivedAt} />],
            ['Kind', event.kind],
            ['Serial', serialBefore === serialAfter ? serialAfter : `${serialBefore} → ${serialAfter}`],
            ['Rule', rule === '' ? 'none' : <code key="rule">{rule}</code>],
            ['Reason', <code key="reason">{reason}</code>],
            ['Command', <code key="command">{event.eventId}</code>],
          ]}
        />
        {detail && <p class={outcome === 'NOERROR' ? 'note' : 'note problem'}>{detail}</p>}
        <div class="actions">
          {changed && may('operator') && <Button onClick={() => setUndoing(true)}>Take this back …</Button>}
          <a class="button" href={`${pathTo('/zones/:zone/as-of', { zone })}?event=${seq}`}>
            The zone after it
          </a>
          {seq > 1 && (
            <a
              class="button"
              href={`${pathTo('/zones/:zone/compare', { zone })}?from=${encodeURIComponent(`#${seq - 1}`)}&to=now`}
            >
              What changed since before it
            </a>
          )}
        </div>
      </Section>
      <Section title="What changed">
        <Diff removed={event.removed} added={event.added} cut={event.cut === true} />
      </Section>
      {event.request && (
        <Section title="What was asked">
          <Asked title="Prerequisites" lines={event.request.prerequisites} />
          <Asked title="Updates" lines={event.request.updates} />
        </Section>
      )}
      {event.request && <Message zone={zone} seq={seq} />}
      {event.kind === 'update' && <Explanation zone={zone} seq={seq} isOpen={outcome !== 'NOERROR'} />}
      {undoing && (
        <UndoDialog zone={zone} which={{ events: [String(seq)] }} onClose={() => setUndoing(false)} />
      )}
    </>
  )
}

function Neighbours({ zone, seq }: { readonly zone: string; readonly seq: number }) {
  const to = (number: number) => pathTo('/zones/:zone/history/:seq', { zone, seq: String(number) })
  return (
    <>
      {seq > 1 && (
        <a class="button small" href={to(seq - 1)}>
          Event before
        </a>
      )}
      <a class="button small" href={to(seq + 1)}>
        Event after
      </a>
    </>
  )
}

function Asked({ title, lines }: { readonly title: string; readonly lines: readonly string[] }) {
  if (lines.length === 0) return null
  return (
    <>
      <h3>{title}</h3>
      <ul class="lines">
        {lines.map((line, index) => (
          <li key={`${index} ${line}`}>
            <code>{line}</code>
          </li>
        ))}
      </ul>
    </>
  )
}
