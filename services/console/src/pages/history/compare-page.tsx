import { useEffect, useState } from 'preact/hooks'
import { addressOf } from '../../api/client.ts'
import { Button } from '../../parts/button.tsx'
import { counted } from '../../parts/counted.ts'
import { TextField } from '../../parts/field.tsx'
import { ProblemNote } from '../../parts/form.tsx'
import { Section } from '../../parts/page.tsx'
import { Time } from '../../parts/time.tsx'
import { inViewersZone } from '../../parts/typed-time.ts'
import { VirtualLines } from '../../parts/virtual-lines.tsx'
import { query, setQuery } from '../../routing/location.ts'
import { ZoneFrame } from '../zone/zone-frame.tsx'
import { Diff } from './diff.tsx'
import { type Compared, type Difference, type DiffLine, MOST_LINES, useDifference } from './use-difference.ts'

/** So many are elements of the page; of more, those in sight. */
const MOST_ELEMENTS = 1_000

/** What is different between two moments of a zone. */
export function ComparePage({ zone }: { readonly zone: string }) {
  const from = query.value.get('from') ?? '1d'
  const to = query.value.get('to') ?? 'now'
  const below = query.value.get('below') ?? ''
  const address = addressOf('GET /v1/zones/{name}/diff', { path: { name: zone }, query: { from, to, below } })
  const download = (
    <a class="button plain" href={address} download={`${zone}diff`}>
      Download
    </a>
  )
  return (
    <ZoneFrame zone={zone}>
      <Section title="What is different" actions={download}>
        <Moments from={from} to={to} below={below} />
        <Found zone={zone} compared={{ from, to, below }} />
      </Section>
    </ZoneFrame>
  )
}

function Moments(given: Compared) {
  const { from, to, below } = given
  const [typed, setTyped] = useState(given)
  useEffect(() => setTyped({ from, to, below }), [from, to, below])
  const field = (name: keyof Compared) => ({
    mono: true,
    value: typed[name],
    onInput: (value: string) => setTyped({ ...typed, [name]: value }),
  })
  const compare = (wanted: Compared) => {
    setTyped(wanted)
    setQuery({
      from: inViewersZone(wanted.from),
      to: inViewersZone(wanted.to),
      below: wanted.below.trim(),
    })
  }
  return (
    <form
      class="filters"
      aria-label="Moments"
      onSubmit={(event) => {
        event.preventDefault()
        compare(typed)
      }}
    >
      <TextField label="From" {...field('from')} />
      <TextField label="To" {...field('to')} />
      <TextField label="Only below" placeholder="all of the zone" {...field('below')} />
      <div class="actions">
        <Button kind="primary" type="submit">
          Compare
        </Button>
        <Button onClick={() => compare({ ...typed, from: typed.to, to: typed.from })}>
          The other way round
        </Button>
      </div>
      <p class="hint">
        A time (2026-11-25 10:00, in your zone), how long ago (2h, 3d), a serial (17), an event (#17), or now.
      </p>
    </form>
  )
}

function Found({ zone, compared }: { readonly zone: string; readonly compared: Compared }) {
  const { again, ...found } = useDifference(zone, compared)
  const { head, removed, added, isWhole, problem } = found
  return (
    <>
      <ProblemNote problem={problem} retry={again} />
      {head && (
        <p>
          From event #{head.from.seq}, serial {head.from.serial}, <Time at={head.from.time} />, to event #
          {head.to.seq}, serial {head.to.serial}, <Time at={head.to.time} />:{' '}
          {`${counted(removed, 'record')} went and ${added.toLocaleString()} came${isWhole ? '.' : ' so far …'}`}
        </p>
      )}
      {head === undefined && problem === undefined && (
        <p class="loading" role="status">
          Loading …
        </p>
      )}
      {head && <Lines {...found} />}
    </>
  )
}

function Lines({ lines, removed, added, isWhole }: Omit<Difference, 'problem'>) {
  if (!isWhole && lines.length === 0) return null
  const textOf = (wanted: DiffLine['kind']) =>
    lines.filter(({ kind }) => kind === wanted).map(({ text }) => text)
  if (lines.length <= MOST_ELEMENTS) return <Diff removed={textOf('removed')} added={textOf('added')} />
  return (
    <>
      <VirtualLines
        label="What is different"
        count={lines.length}
        line={(index) => <Line {...lines[index]!} />}
      />
      {removed + added > MOST_LINES && (
        <p class="quiet">The first {MOST_LINES.toLocaleString()} of them; download it for all.</p>
      )}
    </>
  )
}

function Line({ kind, text }: DiffLine) {
  return (
    <span class={kind === 'removed' ? 'gone' : 'new'}>
      <span aria-hidden="true">{kind === 'removed' ? '−' : '+'}</span>
      <span class="unseen">{kind}: </span> <code>{text}</code>
    </span>
  )
}
