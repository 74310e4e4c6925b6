/** The name that is meant in a zone: `printer` and `printer.example.com` are the same, `@` is the zone's own; undefined for none. */
export function ownerFrom(typed: string, zone: string): string | undefined {
  const name = typed.trim().toLowerCase()
  if (name === '') return undefined
  if (name === '@') return zone
  const whole = name.endsWith('.') ? name : `${name}.`
  if (whole === zone || whole.endsWith(`.${zone}`) || name.endsWith('.')) return whole
  return zone === '.' ? whole : `${whole}${zone}`
}

/** Shorter where it lies in the zone; `@` is the zone's own name. */
export function relativeTo(zone: string, name: string): string {
  if (name === zone) return '@'
  if (zone === '.') return name.slice(0, -1)
  return name.endsWith(`.${zone}`) ? name.slice(0, -zone.length - 1) : name
}
