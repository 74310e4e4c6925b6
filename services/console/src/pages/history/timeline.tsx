import { useRef, useState } from 'preact/hooks'
import { call } from '../../api/client.ts'
import type { Timeline as Counts } from '../../api/operations.ts'
import { useResource } from '../../api/use-resource.ts'
import { Button } from '../../parts/button.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { Time } from '../../parts/time.tsx'
import { setQuery } from '../../routing/location.ts'
import { type Span, shifted, zoomed } from './span.ts'

const BUCKETS = 80
const [WIDTH, HEIGHT] = [800, 90]
const EVERY_MS = 15_000

/** How many events there were when. Dragging over it, or the buttons, choose a span of time, which goes to the address bar. */
export function Timeline({
  zone,
  since,
  until,
}: {
  readonly zone: string
  readonly since: string | undefined
  readonly until: string | undefined
}) {
  const counts = useResource(
    `timeline ${zone} ${since} ${until}`,
    (signal) =>
      call('GET /v1/zones/{name}/timeline', {
        path: { name: zone },
        query: {
          buckets: BUCKETS,
          ...(since === undefined ? {} : { since }),
          ...(until === undefined ? {} : { until }),
        },
        signal,
      }),
    until === undefined ? EVERY_MS : undefined,
  )
  return <Loaded resource={counts}>{(found) => <Chart found={found} isAll={!since && !until} />}</Loaded>
}

function Chart({ found, isAll }: { readonly found: Counts; readonly isAll: boolean }) {
  const span = { from: Date.parse(found.from), to: Date.parse(found.to) }
  const { start, drag, ...drawing } = useDrag((from, to) =>
    choose({
      from: span.from + from * (span.to - span.from),
      to: span.from + to * (span.to - span.from),
    }),
  )
  const totals = totalsOf(found)
  return (
    <figure class="timeline">
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`${totals.applied} events changed the zone, ${totals.unchanged} changed nothing, ${totals.refused} were refused`}
        {...drawing}
      >
        <Bars found={found} />
        {start !== undefined && drag !== undefined && (
          <rect
            class="selection"
            x={Math.min(start, drag) * WIDTH}
            width={Math.abs(drag - start) * WIDTH}
            height={HEIGHT}
          />
        )}
      </svg>
      <figcaption>
        <span>
          <Time at={found.from} />
        </span>
        <span class="legend">
          <span class="applied">changed {totals.applied.toLocaleString()}</span>
          <span class="unchanged">changed nothing {totals.unchanged.toLocaleString()}</span>
          <span class="refused">refused {totals.refused.toLocaleString()}</span>
        </span>
        <span>
          <Time at={found.to} />
        </span>
      </figcaption>
      {found.cut && <p class="quiet">The history is being counted: some events are not in this yet.</p>}
      <div class="actions">
        <Button small onClick={() => choose(shifted(span, -0.5))}>
          Earlier
        </Button>
        <Button small onClick={() => choose(shifted(span, 0.5))}>
          Later
        </Button>
        <Button small onClick={() => choose(zoomed(span, 0.5))}>
          Zoom in
        </Button>
        <Button small onClick={() => choose(zoomed(span, 2))}>
          Zoom out
        </Button>
        <Button small disabled={isAll} onClick={() => setQuery({ since: undefined, until: undefined })}>
          All of it
        </Button>
      </div>
    </figure>
  )
}

function Bars({ found: { counts, buckets } }: { readonly found: Counts }) {
  const most = Math.max(1, ...counts.map(({ applied, unchanged, refused }) => applied + unchanged + refused))
  const width = WIDTH / buckets
  return (
    <>
      {counts.map(({ bucket, applied, unchanged, refused }) => {
        let top = HEIGHT
        return (
          [
            ['applied', applied],
            ['unchanged', unchanged],
            ['refused', refused],
          ] as const
        ).map(([kind, count]) => {
          // a single event among thousands is still seen
          const height = count === 0 ? 0 : Math.max(3, (count / most) * (HEIGHT - 8))
          top -= height
          return (
            <rect
              key={`${bucket} ${kind}`}
              class={kind}
              x={bucket * width + 0.5}
              y={top}
              width={width - 1}
              height={height}
            />
          )
        })
      })}
    </>
  )
}

function choose({ from, to }: Span): void {
  setQuery({ since: new Date(from).toISOString(), until: new Date(to).toISOString() })
}

function totalsOf({ counts }: Counts) {
  const totals = { applied: 0, unchanged: 0, refused: 0 }
  for (const each of counts)
    for (const kind of ['applied', 'unchanged', 'refused'] as const) totals[kind] += each[kind]
  return totals
}

/** Dragging, in parts of the width from 0 to 1. */
function useDrag(chosen: (from: number, to: number) => void) {
  const [start, setStart] = useState<number>()
  const [drag, setDrag] = useState<number>()
  const began = useRef<number | undefined>(undefined)
  const place = (event: PointerEvent) => {
    const { left, width } = (event.currentTarget as Element).getBoundingClientRect()
    return Math.min(1, Math.max(0, (event.clientX - left) / width))
  }
  return {
    start,
    drag,
    onPointerDown: (event: PointerEvent) => {
      ;(event.currentTarget as Element).setPointerCapture(event.pointerId)
      began.current = place(event)
      setStart(began.current)
    },
    onPointerMove: (event: PointerEvent) => {
      if (began.current !== undefined) setDrag(place(event))
    },
    onPointerUp: (event: PointerEvent) => {
      const [from, to] = [began.current, place(event)]
      began.current = undefined
      setStart(undefined)
      setDrag(undefined)
      if (from !== undefined && Math.abs(to - from) > 0.005) chosen(Math.min(from, to), Math.max(from, to))
    },
  }
}
