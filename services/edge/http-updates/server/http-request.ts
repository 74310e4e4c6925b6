import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import type { ClientAddress } from '../../../../shared/http/client-address.ts'
import { readParameters, readTarget } from './target.ts'

/** A request whose head was read. */
export interface HttpRequest {
  readonly method: string
  readonly path: string
  /** Of the URL; behind them those of a form in the body, once {@link withFields} has read it. */
  readonly params: URLSearchParams
  /** There were more parameters in the URL than are read. */
  readonly isCut: boolean
  readonly headers: IncomingHttpHeaders
  readonly from: ClientAddress
  /** Reads the body, once; rejects with an {@link Unreadable}, also where it is longer than so many octets. */
  readonly body: (longest: number) => Promise<Buffer>
}

/** Octets of a body that strangers may send. */
export const LONGEST_FORM = 16 * 1024
/** Beyond, a body that is too long is not even read away, so that its client hears of it. */
const MOST_READ_AWAY = 1 << 20

/** A body that is too long, or whose client left. */
export class Unreadable extends Error {
  readonly why: 'too-large' | 'left'
  constructor(why: Unreadable['why']) {
    super(why)
    this.why = why
  }
}

export function readHead(incoming: IncomingMessage, from: ClientAddress): HttpRequest {
  const { headers, method = 'GET', url = '/' } = incoming
  const { path, query, isCut } = readTarget(url)
  return { method, path, params: query, isCut, headers, from, body: (longest) => receive(incoming, longest) }
}

/** The same with the fields of a form; rejects with an {@link Unreadable}. */
export async function withFields(head: HttpRequest): Promise<HttpRequest> {
  const body = await head.body(LONGEST_FORM)
  const type = head.headers['content-type'] ?? ''
  if (body.length === 0 || !/^application\/x-www-form-urlencoded\b/i.test(type)) return head
  const { query, isCut } = readParameters(body.toString('utf8'))
  if (isCut) throw new Unreadable('too-large')
  return { ...head, params: new URLSearchParams([...head.params, ...query]) }
}

async function receive(incoming: IncomingMessage, longest: number): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
  const chunks: Buffer[] = []
  let length = 0
  const left = () => reject(new Unreadable('left'))
  if (incoming.destroyed) left()
  incoming.on('error', left).on('close', left)
  incoming.on('data', (chunk: Buffer) => {
    length += chunk.length
    if (length <= longest) chunks.push(chunk)
    else chunks.length = 0
    if (length > longest && length > MOST_READ_AWAY) reject(new Unreadable('too-large'))
  })
  incoming.on('end', () =>
    length > longest ? reject(new Unreadable('too-large')) : resolve(Buffer.concat(chunks)),
  )
  return await promise
}
