import { once } from 'node:events'
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { text } from 'node:stream/consumers'

export interface StreamAnswer {
  readonly status: number
  readonly text: string
}

/**
 * Sends a body piece by piece, as fast as it is taken, and resolves with the answer, which may come before the body ends. When
 * the pieces throw, the request is broken off, so that its receiver knows it to be incomplete, and the error thrown here.
 */
export async function sendStream(
  url: string,
  headers: Readonly<Record<string, string>>,
  pieces: AsyncIterable<string>,
  idleMs: number,
): Promise<StreamAnswer> {
  const send = url.startsWith('https:') ? httpsRequest : httpRequest
  const request = send(url, { method: 'PUT', headers, timeout: idleMs })
  request.on('timeout', () =>
    request.destroy(Object.assign(new Error('no answer'), { name: 'TimeoutError' })),
  )
  request.on('error', () => {}) // what waits for the request has it too
  const answered = answerTo(request)
  // whoever waits for the body below learns of a failure by the end of that
  answered.catch(() => {})
  try {
    await writeAll(request, pieces, answered)
    return await answered
  } finally {
    request.destroy()
  }
}

async function answerTo(request: ClientRequest): Promise<StreamAnswer> {
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  return { status: response.statusCode ?? 0, text: await text(response) }
}

async function writeAll(
  request: ClientRequest,
  pieces: AsyncIterable<string>,
  answered: Promise<unknown>,
): Promise<void> {
  let settled = false
  const over = answered.then(
    () => {
      settled = true
    },
    () => {
      settled = true
    },
  )
  for await (const piece of pieces) {
    if (settled) return
    if (!request.write(piece)) await Promise.race([once(request, 'drain').catch(() => {}), over])
  }
  request.end()
}
