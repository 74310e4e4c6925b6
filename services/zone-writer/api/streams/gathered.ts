const OCTETS = 16 * 1024
/** How far a reader is, is seen by the pieces that it takes. */
const LONGEST = 64 * 1024

/** The same text in pieces of some size: a short line is not worth a write of its own, and a long one goes in parts. */
export async function* gathered(pieces: AsyncIterable<string>): AsyncGenerator<string> {
  let held: string[] = []
  let length = 0
  for await (const piece of pieces) {
    held.push(piece)
    length += piece.length
    if (length < OCTETS) continue
    yield* partsOf(held.join(''))
    held = []
    length = 0
  }
  if (held.length > 0) yield* partsOf(held.join(''))
}

function* partsOf(text: string): Generator<string> {
  for (let at = 0; at < text.length; ) {
    let end = at + LONGEST
    // both halves of a character go together
    if (/[\uD800-\uDBFF]/.test(text.charAt(end - 1))) end++
    yield text.slice(at, end)
    at = end
  }
}
