/** `2026-11-22 11:37:18` of an ISO 8601 time in UTC. */
export function atTime(iso: string): string {
  return iso.slice(0, 19).replace('T', ' ')
}
