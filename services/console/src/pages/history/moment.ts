import { query } from '../../routing/location.ts'

/** The moment that the address bar names; nothing for now. */
export function momentFromAddress(): { event?: number; time?: string; serial?: number } {
  const [event, time, serial] = ['event', 'time', 'serial'].map((name) => query.value.get(name))
  if (event && /^\d+$/.test(event)) return { event: Number(event) }
  if (time) return { time }
  if (serial && /^\d+$/.test(serial)) return { serial: Number(serial) }
  return {}
}

/** As a field for date and time shows it, in the viewer's zone. */
export function localTime(iso: string | null): string {
  const date = new Date(iso ?? '')
  if (Number.isNaN(date.getTime())) return ''
  const local = new Date(date.getTime() - date.getTimezoneOffset() * 60_000)
  return local.toISOString().slice(0, 16)
}
