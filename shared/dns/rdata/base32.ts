const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUV'

/** RFC 4648 §7 base32hex without padding, as NSEC3 writes it. */
export function toBase32Hex(octets: Uint8Array): string {
  let text = ''
  let bits = 0
  let held = 0
  for (const octet of octets) {
    held = (held << 8) | octet
    bits += 8
    while (bits >= 5) {
      bits -= 5
      text += DIGITS[(held >>> bits) & 31]
    }
    held &= (1 << bits) - 1
  }
  return bits === 0 ? text : text + DIGITS[(held << (5 - bits)) & 31]
}

/** The octets of base32hex; undefined for other text or for one that leaves bits over. */
export function fromBase32Hex(text: string): Uint8Array | undefined {
  const octets: number[] = []
  let bits = 0
  let held = 0
  for (const character of text.toUpperCase()) {
    const digit = DIGITS.indexOf(character)
    if (digit < 0) return undefined
    held = (held << 5) | digit
    bits += 5
    if (bits < 8) continue
    bits -= 8
    octets.push(held >>> bits)
    held &= (1 << bits) - 1
  }
  return bits < 5 && held === 0 ? Uint8Array.from(octets) : undefined
}
