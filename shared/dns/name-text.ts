// How an octet of a label is written. One writing per octet, so that equal names are equal strings; it is BIND's.

const BACKSLASH = 0x5c
/** Octets that a zone file would misread when bare: " $ ( ) . ; @ \ */
const ESCAPED = new Set([...'"$().;@\\'].map((character) => character.charCodeAt(0)))

/** 0: written as it is, 1: after a backslash, 2: as `\DDD`. */
export const WRITTEN = Uint8Array.from({ length: 256 }, (_, octet) =>
  octet <= 0x20 || octet >= 0x7f ? 2 : ESCAPED.has(octet) ? 1 : 0,
)

/** Writes one label octet that cannot stand bare; returns the offset after it. */
export function writeEscaped(octet: number, out: Uint8Array, at: number): number {
  out[at] = BACKSLASH
  if (WRITTEN[octet] === 1) {
    out[at + 1] = octet
    return at + 2
  }
  out[at + 1] = 0x30 + Math.floor(octet / 100)
  out[at + 2] = 0x30 + (Math.floor(octet / 10) % 10)
  out[at + 3] = 0x30 + (octet % 10)
  return at + 4
}

export function isDigit(code: number | undefined): boolean {
  return code !== undefined && code >= 0x30 && code <= 0x39
}

/**
 * The octet that an escape at `at` (the backslash) stands for, with the offset after it;
 * undefined when it is no escape: RFC 1035 §5.1 knows `\DDD` up to 255 and `\X` for a non-digit.
 */
export function readEscape(text: Uint8Array, at: number): { octet: number; end: number } | undefined {
  const first = text[at + 1]
  if (first === undefined) return undefined
  if (!isDigit(first)) return { octet: first, end: at + 2 }
  const second = text[at + 2]
  const third = text[at + 3]
  if (!isDigit(second) || !isDigit(third)) return undefined
  const octet = (first - 0x30) * 100 + (second! - 0x30) * 10 + (third! - 0x30)
  return octet > 255 ? undefined : { octet, end: at + 4 }
}

/** Offset of the dot that ends the label starting at `from`, in canonical text. */
export function labelEnd(name: string, from: number): number {
  for (let at = from; at < name.length; at++) {
    const code = name.charCodeAt(at)
    if (code === 0x2e) return at
    if (code === BACKSLASH) at++ // the digits of \DDD are no dots: one step suffices
  }
  return name.length
}

/** The octets of one canonical label as a string of code units 0–255: `<` on two of them compares octets. */
export function labelOctets(label: string): string {
  if (!label.includes('\\')) return label
  return label.replaceAll(/\\(\d{3}|.)/g, (_, escaped: string) =>
    escaped.length === 3 ? String.fromCharCode(Number(escaped)) : escaped,
  )
}
