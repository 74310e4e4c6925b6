import { type Asked, addressOf, type Operation, OWN_HEADER, send } from './client.ts'
import type { Operations } from './operations.ts'

type Line<O extends Operation> = Operations[O] extends { line: infer L } ? L : never

/** What an operation answers line by line, as it comes; aborting `signal` ends it. Throws an ApiError when the API says no. */
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
  let rest = ''
  try {
    for (;;) {
      const { done, value } = await reader.read()
      const lines = (rest + (value ?? '')).split('\n')
      rest = done ? '' : lines.pop()!
      for (const line of lines) if (line !== '') yield JSON.parse(line) as Line<O>
      if (done) return
    }
  } finally {
    await reader.cancel().catch(() => undefined)
  }
}
