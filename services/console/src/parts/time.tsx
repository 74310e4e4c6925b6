import { signal } from '@preact/signals'

const now = signal(Date.now())
setInterval(() => {
  if (document.visibilityState === 'visible') now.value = Date.now()
}, 10_000)

const clock = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' })
const relative = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' })

const UNITS = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
] as const

/** A moment in the viewer's zone, with UTC on hover; `ago` says how long ago it was and puts the moment on hover too. */
export function Time({ at, ago = false }: { readonly at: string | number; readonly ago?: boolean }) {
  const date = new Date(at)
  const utc = utcText(date)
  return (
    <time dateTime={date.toISOString()} title={ago ? `${clock.format(date)} · ${utc}` : utc}>
      {ago ? agoText(date.getTime(), now.value) : clock.format(date)}
    </time>
  )
}

const MOMENT = /(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z)/

/** A sentence of the API, with the moments in it as everywhere else. */
export function WithTimes({ text }: { readonly text: string }) {
  return <>{text.split(MOMENT).map((part, at) => (at % 2 === 0 ? part : <Time key={at} at={part} />))}</>
}

export function utcText(date: Date): string {
  return `${date.toISOString().slice(0, 19).replace('T', ' ')} UTC`
}

function agoText(at: number, now: number): string {
  const seconds = Math.round((at - now) / 1_000)
  const [unit, size] = UNITS.find(([, size]) => Math.abs(seconds) >= size) ?? UNITS[3]
  return relative.format(Math.round(seconds / size), unit)
}
