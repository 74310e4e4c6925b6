const OCTETS = 16 * 1024

/** The same text in pieces of some size: a short line is not worth a write of its own. */
export async function* gathered(pieces: AsyncIterable<string>): AsyncGenerator<string> {
  let held: string[] = []
  let length = 0
  for await (const piece of pieces) {
    held.push(piece)
    length += piece.length
    if (length < OCTETS) continue
    yield held.join('')
    held = []
    length = 0
  }
  if (held.length > 0) yield held.join('')
}
