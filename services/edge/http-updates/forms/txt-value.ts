const LONGEST_STRING = 255

/** The RDATA of a TXT record that holds a text, in as many character strings as it takes (RFC 1035 §3.3.14). */
export function txtRdata(text: string): Uint8Array {
  const octets = Buffer.from(text, 'utf8')
  const strings: Uint8Array[] = []
  for (let at = 0; at === 0 || at < octets.length; at += LONGEST_STRING) {
    const string = octets.subarray(at, at + LONGEST_STRING)
    strings.push(Uint8Array.of(string.length), string)
  }
  return Buffer.concat(strings)
}
