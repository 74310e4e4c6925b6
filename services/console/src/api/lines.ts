import { type Asked, addressOf, type Operation, OWN_HEADER, send } from './client.ts'
import type { Operations } from './operations.ts'
import { ApiError, BROKEN_OFF } from './problem.ts'

type Line<O extends Operation> = Operations[O] extends { line: infer L } ? L : never

/**
 * What an operation answers line by line, as it comes; aborting `signal` ends it. Throws an ApiError when the API says no, and when the answer
 * was cut on its way, which a proxy may not tell.
 */
export async function* linesOf<O extends Operation>(operation: O, asked: Asked<O>): AsyncGenerator<Line<O>> {
  const { body, signal } = asked as { body?: unknown; signal?: AbortSignal }
  const [method] = operation.split(' ', 1)
  const response = await send(addressOf(operation, asked), {
    method: method!,
    headers: { ...OWN_HEADER, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(signal === undefined ? {} : { signal }),
  })
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
  // an empty line says that these are all
  const hasEnd = response.headers.has('zonelog-end')
  let rest = ''
  let last: string | undefined
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((error) => {
        throw signal?.aborted ? error : new ApiError(BROKEN_OFF)
      })
      const lines = (rest + (value ?? '')).split('\n')
      rest = done ? '' : lines.pop()!
      for (const line of lines) if (line !== '') yield lineFrom(line) as Line<O>
      if (done && hasEnd && last !== '') throw new ApiError(BROKEN_OFF)
      if (done) return
      last = lines.at(-1) ?? last
    }
  } finally {
    await reader.cancel().catch(() => undefined)
  }
}

function lineFrom(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new ApiError(BROKEN_OFF)
  }
}
