import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { type ClientAddress, clientAddress, type ProxyRange } from './client-address.ts'
import { readTarget } from './target.ts'

/** A request, read whole. */
export interface HttpRequest {
  readonly method: string
  readonly path: string
  /** Of the URL, and behind them those of a body of form fields. */
  readonly params: URLSearchParams
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  readonly from: ClientAddress
}

/** Octets of a body. */
export const LONGEST_BODY = 1 << 20

/** Without a body that could be read: for choosing the form. */
export function readHead(incoming: IncomingMessage, proxies: readonly ProxyRange[]): HttpRequest {
  const { socket, headers, method = 'GET', url = '/' } = incoming
  const peer = { address: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 }
  const { path, query } = readTarget(url)
  const from = clientAddress(peer, headerText(headers['x-forwarded-for']), proxies)
  return { method, path, params: query, headers, body: Buffer.alloc(0), from }
}

/** The same with its body; undefined where that is too long, or the client left. */
export async function readWhole(
  incoming: IncomingMessage,
  head: HttpRequest,
): Promise<HttpRequest | undefined> {
  const chunks: Buffer[] = []
  let length = 0
  try {
    for await (const chunk of incoming as AsyncIterable<Buffer>) {
      length += chunk.length
      if (length > LONGEST_BODY) return undefined
      chunks.push(chunk)
    }
  } catch {
    return undefined
  }
  if (length === 0) return head
  const body = Buffer.concat(chunks)
  const type = head.headers['content-type'] ?? ''
  if (!/^application\/x-www-form-urlencoded\b/i.test(type)) return { ...head, body }
  const params = new URLSearchParams([...head.params, ...new URLSearchParams(body.toString('utf8'))])
  return { ...head, params, body }
}

function headerText(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value.join(',') : value
}
