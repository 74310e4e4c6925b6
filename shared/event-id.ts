/** How people name an event: `example.com#42`, the zone without its final dot and the event's number in it. */
export function eventId(zone: string, seq: number): string {
  return `${zone === '.' ? zone : zone.replace(/\.$/, '')}#${seq}`
}

/** Undefined for any other text. */
export function parseEventId(text: string): { zone: string; seq: number } | undefined {
  const parts = /^(.+)#([1-9]\d{0,15})$/.exec(text)
  if (parts === null) return undefined
  const seq = Number(parts[2])
  return Number.isSafeInteger(seq) ? { zone: parts[1]!, seq } : undefined
}
