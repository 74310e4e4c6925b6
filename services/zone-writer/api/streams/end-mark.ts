import type { FastifyReply } from 'fastify'

/** The last line of an answer that is sent as it is found: a comment in text, and nothing between lines of JSON, whose readers pass over it. */
export const END_MARK = { text: '; end\n', lines: '\n' } as const

/** Says with what answers end that have a last line for it; writers of earlier releases do not, and theirs lack it. */
export const END_HEADER = 'zonelog-end'

/** The pieces, and that they are all: of an answer that was cut, a proxy that speaks HTTP/1.0 tells only that it is over. */
export function withEnd(
  reply: FastifyReply,
  pieces: AsyncGenerator<string>,
  kind: keyof typeof END_MARK,
): AsyncGenerator<string> {
  reply.header(END_HEADER, 'last-line')
  return andThen(pieces, END_MARK[kind])
}

async function* andThen(pieces: AsyncGenerator<string>, mark: string): AsyncGenerator<string> {
  yield* pieces
  yield mark
}
