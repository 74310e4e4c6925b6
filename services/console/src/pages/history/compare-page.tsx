import { useState } from 'preact/hooks'
import { call } from '../../api/client.ts'
import type { Diff as DiffAnswer } from '../../api/operations.ts'
import { useResource } from '../../api/use-resource.ts'
import { Button } from '../../parts/button.tsx'
import { counted } from '../../parts/counted.ts'
import { TextField } from '../../parts/field.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { Section } from '../../parts/page.tsx'
import { Time } from '../../parts/time.tsx'
import { inViewersZone } from '../../parts/typed-time.ts'
import { query, setQuery } from '../../routing/location.ts'
import { ZoneFrame } from '../zone/zone-frame.tsx'
import { Diff } from './diff.tsx'

const SHOWN = 2_000

/** What is different between two moments of a zone. */
export function ComparePage({ zone }: { readonly zone: string }) {
  const from = query.value.get('from') ?? '1d'
  const to = query.value.get('to') ?? 'now'
  const below = query.value.get('below') ?? ''
  return (
    <ZoneFrame zone={zone}>
      <Section title="What is different">
        <Moments key={`${from} ${to} ${below}`} from={from} to={to} below={below} />
        <Difference zone={zone} from={from} to={to} below={below} />
      </Section>
    </ZoneFrame>
  )
}

interface Compared {
  readonly from: string
  readonly to: string
  readonly below: string
}

function Moments(given: Compared) {
  const [typed, setTyped] = useState(given)
  const field = (name: keyof Compared) => ({
    mono: true,
    value: typed[name],
    onInput: (value: string) => setTyped({ ...typed, [name]: value }),
  })
  return (
    <form
      class="filters"
      aria-label="Moments"
      onSubmit={(event) => {
        event.preventDefault()
        setQuery({
          from: inViewersZone(typed.from),
          to: inViewersZone(typed.to),
          below: typed.below.trim(),
        })
      }}
    >
      <TextField label="From" {...field('from')} />
      <TextField label="To" {...field('to')} />
      <TextField label="Only below" placeholder="all of the zone" {...field('below')} />
      <div class="actions">
        <Button kind="primary" type="submit">
          Compare
        </Button>
        <Button onClick={() => setQuery({ from: given.to, to: given.from })}>The other way round</Button>
      </div>
      <p class="hint">
        A time (2026-11-25 10:00, in your zone), how long ago (2h, 3d), a serial (17), an event (#17), or now.
      </p>
    </form>
  )
}

function Difference({ zone, from, to, below }: Compared & { readonly zone: string }) {
  const found = useResource(`diff ${zone} ${from} ${to} ${below}`, async (signal) => {
    const asked = { path: { name: zone }, query: { from, to, below, format: 'json' as const }, signal }
    // asked for as JSON; the other forms are text
    return (await call('GET /v1/zones/{name}/diff', asked)) as DiffAnswer
  })
  return (
    <Loaded resource={found}>
      {(diff) => (
        <>
          <p>
            From event #{diff.from.seq}, serial {diff.from.serial}, <Time at={diff.from.time} />, to event #
            {diff.to.seq}, serial {diff.to.serial}, <Time at={diff.to.time} />:{' '}
            {`${counted(diff.removed.length, 'record')} went and ${diff.added.length} came.`}
          </p>
          <Diff
            removed={diff.removed.slice(0, SHOWN)}
            added={diff.added.slice(0, SHOWN)}
            cut={Math.max(diff.removed.length, diff.added.length) > SHOWN}
          />
        </>
      )}
    </Loaded>
  )
}
