import type { MinuteActivity } from '../../api/operations.ts'
import { BarChart, type Series } from '../../parts/bar-chart.tsx'
import { utcText } from '../../parts/time.tsx'

const SERIES: readonly Series[] = [
  { name: 'applied', tone: 'good' },
  { name: 'unchanged', tone: 'quiet' },
  { name: 'refused', tone: 'bad' },
]

const clock = new Intl.DateTimeFormat(undefined, { timeStyle: 'short' })

export function UpdatesChart({ minutes }: { readonly minutes: readonly MinuteActivity[] }) {
  const bars = minutes.map(({ at, applied, unchanged, refused }) => ({
    label: clock.format(at),
    about: utcText(new Date(at)),
    values: [applied, unchanged, refused],
  }))
  return <BarChart label="Updates per minute, by outcome" series={SERIES} bars={bars} />
}
