const ZONELESS = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?))?$/i

/**
 * A time that somebody typed without a zone, in the zone that times are shown in: the API would take it as UTC. All else stays as it is:
 * `2h`, `now`, times that name a zone. `minutesBehindUtc` is that of Date.getTimezoneOffset at that time.
 */
export function inViewersZone(
  text: string,
  minutesBehindUtc = (local: string) => new Date(local).getTimezoneOffset(),
): string {
  const found = ZONELESS.exec(text.trim())
  if (found === null) return text.trim()
  const local = `${found[1]}T${found[2] ?? '00:00'}`
  const behind = minutesBehindUtc(local)
  if (Number.isNaN(behind)) return text.trim()
  const [hours, minutes] = [Math.floor(Math.abs(behind) / 60), Math.abs(behind) % 60]
  const two = (number: number) => String(number).padStart(2, '0')
  return `${local}${behind > 0 ? '-' : '+'}${two(hours)}:${two(minutes)}`
}
