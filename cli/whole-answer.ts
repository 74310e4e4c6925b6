import { CliError } from './command.ts'

/** The last line of a whole answer is a comment that says so, or is empty where each other one is JSON. */
const END = /(^|\n)(; end)?\n$/
const LONGEST_END = '\n; end\n'.length

/**
 * The pieces of an answer without the last line, which says that it is whole. Throws where that lacks: the answer was cut on its way, and a
 * proxy that speaks HTTP/1.0 did not tell.
 */
export async function* wholeAnswer(pieces: AsyncIterable<string>): AsyncGenerator<string> {
  let held = ''
  for await (const piece of pieces) {
    const text = held + piece
    const sure = text.slice(0, -LONGEST_END)
    if (sure !== '') yield sure
    held = text.slice(sure.length)
  }
  const end = END.exec(held)
  const rest = end === null ? held : held.slice(0, end.index) + end[1]
  if (rest !== '') yield rest
  if (end === null)
    throw new CliError(
      'The answer was cut: its last line lacks, so this is not all of it. Ask again, past the proxy if there is one (docs/api.md, Behind a proxy).',
    )
}
