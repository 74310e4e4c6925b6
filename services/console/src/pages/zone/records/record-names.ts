/** `www` for `www.example.com.` in `example.com.`, `@` for the zone itself. */
export function relativeName(name: string, zone: string): string {
  if (name === zone) return '@'
  if (zone === '.') return name
  return name.endsWith(`.${zone}`) ? name.slice(0, -zone.length - 1) : name
}
