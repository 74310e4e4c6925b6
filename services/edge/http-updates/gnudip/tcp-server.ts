import { createServer, type Socket } from 'node:net'
import { listenFault } from '../../../../shared/config/listen-fault.ts'
import type { Endpoint } from '../../../../shared/config/read.ts'
import { peerOf } from '../../../../shared/http/client-address.ts'
import type { Logger } from '../../../../shared/log.ts'
import type { Service } from '../../../../shared/run-service.ts'
import type { EdgeMetrics } from '../../metrics.ts'
import { RateBuckets } from '../../update/rate-buckets.ts'
import { senderOf } from '../../update/update-limits.ts'
import type { FormServices } from '../form-services.ts'
import { newSalt } from './salts.ts'
import { type GnudipAnswer, type GnudipRequest, gnudipUpdate } from './update.ts'

export interface GnudipContext {
  readonly services: FormServices
  readonly metrics: Pick<EdgeMetrics, 'httpUpdate'>
  readonly perMinute: number
  readonly log: Logger
}

/** Octets of a request. */
const LONGEST = 1_024
const IDLE_MS = 10_000
const MOST_CONNECTIONS = 200

/** GnuDIP over TCP: a salt, a line from the client, a line for it, and the end. */
export async function listenForGnudip(endpoint: Endpoint, context: GnudipContext): Promise<Service> {
  const buckets = new RateBuckets(() => performance.now())
  const open = new Set<Socket>()
  const server = createServer((socket) => {
    open.add(socket)
    socket.on('close', () => open.delete(socket))
    serve(socket, buckets, context)
  })
  server.maxConnections = MOST_CONNECTIONS
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject)
  server.listen(endpoint, resolve)
  try {
    await promise
  } catch (error) {
    throw listenFault('the address of GnuDIP', endpoint, 'ZONELOG_GNUDIP_LISTEN', error)
  }
  const close = async () => {
    const closed = new Promise((done) => server.close(done))
    for (const socket of open) socket.destroy()
    await closed
  }
  return { close }
}

function serve(
  socket: Socket,
  buckets: RateBuckets,
  { services, metrics, perMinute, log }: GnudipContext,
): void {
  const from = peerOf({ socket })
  socket.on('error', () => {})
  socket.setTimeout(IDLE_MS, () => socket.destroy())
  if (!buckets.take(senderOf('unsigned', from.address), { count: perMinute, seconds: 60 })) {
    services.refuse(from.address, { reason: 'http-too-many', detail: 'GnuDIP' })
    return void socket.destroy()
  }
  const salt = newSalt()
  socket.write(`${salt}\n`)
  readLine(socket, (line) => {
    const asked = line === undefined ? undefined : requestOf(line, salt)
    if (asked === undefined) {
      services.refuse(from.address, { reason: 'http-malformed', detail: 'GnuDIP: no request' })
      metrics.httpUpdate('gnudip', 'malformed')
      return void socket.end('1\n')
    }
    void gnudipUpdate(asked, from, services)
      .then((answer) => {
        metrics.httpUpdate('gnudip', answer === undefined ? 'unknown' : answer.code)
        // there is no word for an outcome that is not known; a client without an answer asks again
        if (answer === undefined) socket.destroy()
        else socket.end(`${answerText(answer)}\n`)
      })
      .catch((error) => {
        log.error({ error, form: 'gnudip' }, 'update failed')
        socket.destroy()
      })
  })
}

function answerText(answer: NonNullable<GnudipAnswer>): string {
  return 'address' in answer && answer.address !== undefined
    ? `${answer.code}:${answer.address}`
    : answer.code
}

/** Calls back once, with the first line, or with undefined when it is too long. */
function readLine(socket: Socket, done: (line: string | undefined) => void): void {
  let text = ''
  const take = (chunk: string) => {
    text += chunk
    const end = text.indexOf('\n')
    if (end < 0 && text.length <= LONGEST) return
    socket.off('data', take)
    done(end < 0 ? undefined : text.slice(0, end).trimEnd())
  }
  socket.setEncoding('latin1').on('data', take)
}

/** `user:digest:domain:request[:address]`; an address of IPv6 has colons of its own. */
export function requestOf(line: string, salt: string): GnudipRequest | undefined {
  const [user, digest, domain, request, ...address] = line.split(':')
  if (user === undefined || digest === undefined || domain === undefined || request === undefined)
    return undefined
  return {
    user,
    digest,
    domain,
    request,
    salt,
    address: address.length === 0 ? undefined : address.join(':'),
  }
}
