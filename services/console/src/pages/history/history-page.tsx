import { useCallback, useState } from 'preact/hooks'
import { may } from '../../api/roles.ts'
import { Badge } from '../../parts/badge.tsx'
import { Button } from '../../parts/button.tsx'
import { counted } from '../../parts/counted.ts'
import { EmptyState } from '../../parts/empty-state.tsx'
import { ProblemNote } from '../../parts/form.tsx'
import { Section } from '../../parts/page.tsx'
import { ZoneFrame } from '../zone/zone-frame.tsx'
import { isDeleted } from '../zones/deleted-zone.ts'
import { type EventFilter, eventQuery, filterFromAddress } from './event-filter.ts'
import { EventList, MoreButton } from './event-list.tsx'
import { Filters } from './filters.tsx'
import { Timeline } from './timeline.tsx'
import { UndoDialog } from './undo-dialog.tsx'
import { useEvents } from './use-events.ts'

/** What happened to a zone: when, by whom, with what outcome; what is picked can be taken back. */
export function HistoryPage({ zone }: { readonly zone: string }) {
  const filter = filterFromAddress()
  const { events, heldCount, problem, loading, hasMore, isLive, more, again, showHeld } = useEvents(
    zone,
    filter,
  )
  const [picked, setPicked] = useState<ReadonlySet<number>>(new Set())
  const [undoing, setUndoing] = useState<Parameters<typeof UndoDialog>[0]['which']>()
  const pick = useCallback(
    (seq: number, isPicked: boolean) =>
      setPicked((before) => {
        const next = new Set(before)
        if (isPicked) next.add(seq)
        else next.delete(seq)
        return next
      }),
    [],
  )
  const mayUndo = may('operator') && !isDeleted(zone)
  return (
    <ZoneFrame zone={zone}>
      <Section title="When">
        <Timeline zone={zone} since={filter.since} until={filter.until} />
      </Section>
      <Section
        title="What happened"
        actions={
          <>
            {isLive && <Badge tone="good">live</Badge>}
            {mayUndo && picked.size > 0 && (
              <Button onClick={() => setUndoing({ events: [...picked].map((seq) => `${seq}`) })}>
                Take back {picked.size === 1 ? 'the picked event' : `${picked.size} picked events`} …
              </Button>
            )}
            {mayUndo && canUndoAll(filter) && (
              <Button onClick={() => setUndoing(undoFilter(filter))}>Take back all of these …</Button>
            )}
          </>
        }
      >
        <Filters filter={filter} />
        <ProblemNote problem={problem} retry={again} />
        {heldCount > 0 && (
          <div class="newer">
            <Button onClick={showHeld}>
              {counted(heldCount, 'newer event')}: show {heldCount === 1 ? 'it' : 'them'}
            </Button>
          </div>
        )}
        <EventList zone={zone} events={events} picked={picked} onPick={mayUndo ? pick : undefined} />
        {events.length === 0 && !loading && problem === undefined && (
          <EmptyState title="No event is like that">
            <p>Nothing in this zone’s history matches the filters. Show all, or choose a longer time.</p>
          </EmptyState>
        )}
        {(hasMore || loading) && <MoreButton loading={loading} onMore={more} />}
      </Section>
      {undoing && (
        <UndoDialog
          zone={zone}
          which={undoing}
          onClose={() => setUndoing(undefined)}
          onDone={() => setPicked(new Set())}
        />
      )}
    </ZoneFrame>
  )
}

/** Taking back goes by who, where, when and what; not by what became of it. */
function canUndoAll({ by, address, name, since, outcome, kind }: EventFilter): boolean {
  return (
    outcome === undefined &&
    kind === undefined &&
    [by, address, name, since].some((value) => value !== undefined)
  )
}

function undoFilter(filter: EventFilter) {
  const { kind: _kind, outcome: _outcome, ...rest } = eventQuery(filter)
  return rest
}
