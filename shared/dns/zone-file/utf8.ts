/** Text from octets that come in pieces; knows where they stop being UTF-8. */
export class Utf8 {
  readonly #strict = new TextDecoder('utf-8', { fatal: true })
  // what the strict one holds back of a character is its own to say, so another one looks for the place
  readonly #lenient = new TextDecoder('utf-8')

  /** The text of the next piece; after `isBroken` it ends before the octets that are no UTF-8. */
  decode(piece: string | Uint8Array | undefined): { text: string; isBroken: boolean } {
    if (typeof piece === 'string') return { text: piece, isBroken: false }
    const options = { stream: piece !== undefined }
    const lenient = this.#lenient.decode(piece, options)
    try {
      this.#strict.decode(piece, options)
      return { text: lenient, isBroken: false }
    } catch {
      const end = lenient.indexOf('\ufffd')
      return { text: end < 0 ? lenient : lenient.slice(0, end), isBroken: true }
    }
  }
}
