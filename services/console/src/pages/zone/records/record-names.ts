/** `www` for `www.example.com.` in `example.com.`, `@` for the zone itself. */
export function relativeName(name: string, zone: string): string {
  if (name === zone) return '@'
  if (zone === '.') return name
  return name.endsWith(`.${zone}`) ? name.slice(0, -zone.length - 1) : name
}

/** As it stands in a zone file: `@`, relative to the zone, or absolute with a final dot. */
export function absoluteName(text: string, zone: string): string {
  const name = text.trim()
  if (name === '@' || name === '') return zone
  if (/(^|[^\\])(\\\\)*\.$/.test(name)) return name
  return zone === '.' ? `${name}.` : `${name}.${zone}`
}

/** What is wrong with a TTL, or nothing. */
export function ttlFault(text: string): string | undefined {
  const most = 2_147_483_647
  return /^\d+$/.test(text.trim()) && Number(text) <= most
    ? undefined
    : `Expected seconds, from 0 to ${most}.`
}

/** Values, one a line. */
export function valuesOf(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
}
