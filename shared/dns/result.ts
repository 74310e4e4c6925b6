/** What reading octets gives: malformed input is a value, with the octet offset where it stopped making sense. */
export type Parsed<T> = { ok: true; value: T } | Malformed
export type Malformed = { ok: false; at: number; reason: string }
/** What reading presentation text gives. */
export type TextParsed<T> = { ok: true; value: T } | { ok: false; reason: string }

export function malformed(at: number, reason: string): Malformed {
  return { ok: false, at, reason }
}
