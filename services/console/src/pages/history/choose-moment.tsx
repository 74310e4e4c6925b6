import { useEffect, useRef, useState } from 'preact/hooks'
import { Field } from '../../parts/field.tsx'
import { query, setQuery } from '../../routing/location.ts'
import { localTime } from './moment.ts'

/** While the slider moves nothing is asked for. */
const SETTLED_MS = 250
/** The parts of a date are typed one after another. */
const TYPED_MS = 1_000

/** An event of the zone's history, by a slider, or a time; the address bar gets it once it rests. */
export function ChooseMoment({ newest, at }: { readonly newest: number; readonly at: number }) {
  return (
    <div class="row roomy">
      <EventSlider newest={newest} at={at} />
      <TimeField />
    </div>
  )
}

function EventSlider({ newest, at }: { readonly newest: number; readonly at: number }) {
  // where somebody has put it; undefined once that is shown
  const [moved, setMoved] = useState<number>()
  const sent = useRef<number | undefined>(undefined)
  useEffect(() => {
    if (moved === undefined) return
    const settled = setTimeout(() => {
      sent.current = moved
      if (moved === at) setMoved(undefined)
      setQuery({ event: moved === newest ? undefined : String(moved), time: undefined, serial: undefined })
    }, SETTLED_MS)
    return () => clearTimeout(settled)
  }, [moved])
  useEffect(() => setMoved((now) => (now === sent.current ? undefined : now)), [at])
  const value = moved ?? at
  return (
    <Field label={`After event #${value} of ${newest}`}>
      {(told) => (
        <input
          {...told}
          type="range"
          min={1}
          max={newest}
          value={value}
          onInput={({ currentTarget }) => setMoved(currentTarget.valueAsNumber)}
        />
      )}
    </Field>
  )
}

function TimeField() {
  const given = localTime(query.value.get('time'))
  const [typed, setTyped] = useState(given)
  useEffect(() => setTyped(given), [given])
  const commit = () => {
    const time = new Date(typed)
    // a year is typed digit by digit: 0002, 0020, 0202, 2026
    if (typed === given || Number.isNaN(time.getTime()) || time.getFullYear() < 1970) return
    setQuery({ time: time.toISOString(), event: undefined, serial: undefined })
  }
  useEffect(() => {
    const settled = setTimeout(commit, TYPED_MS)
    return () => clearTimeout(settled)
  }, [typed])
  return (
    <Field label="Or at this time">
      {(told) => (
        <input
          {...told}
          type="datetime-local"
          value={typed}
          onInput={({ currentTarget }) => setTyped(currentTarget.value)}
          onBlur={commit}
          onKeyDown={({ key }) => key === 'Enter' && commit()}
        />
      )}
    </Field>
  )
}
