import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { Duplex } from 'node:stream'
import { listenFault } from '../../../../shared/config/listen-fault.ts'
import type { Endpoint } from '../../../../shared/config/read.ts'
import { type ConnectionWatch, limitConnections } from './connections.ts'
import { MendedConnection, withFirstSlash } from './mended-connection.ts'
import type { TlsFiles } from './tls-files.ts'

/** Octets of a request line and its headers: a URL with a few hundred hosts. */
const LONGEST_HEAD = 64 * 1024

/** Old routers speak HTTP/1.0, or 1.1 without Host. */
const OPTIONS: ServerOptions = {
  maxHeaderSize: LONGEST_HEAD,
  requireHostHeader: false,
  headersTimeout: 10_000,
  requestTimeout: 20_000,
  keepAliveTimeout: 5_000,
  // a client that sends its requests one octet at a time keeps one of so many connections
  connectionsCheckingInterval: 5_000,
}
const HANDSHAKE_MS = 10_000

export interface Guard extends ConnectionWatch {
  /** Told of requests that are none, with the address of the connection. */
  readonly onMalformed: (address: string, detail: string) => void
}

export function plainServer(listener: RequestListener, guard: Guard): Server {
  return guarded(createServer(OPTIONS, listener), guard)
}

export function tlsServer(listener: RequestListener, files: TlsFiles, guard: Guard): Server {
  const options = {
    ...OPTIONS,
    ...files.context,
    minVersion: 'TLSv1.2',
    handshakeTimeout: HANDSHAKE_MS,
  } as const
  const server = createTlsServer(options, listener)
  files.whenChanged((context) => server.setSecureContext(context))
  return guarded(server, guard)
}

export async function listen(server: Server, endpoint: Endpoint, variable: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject)
  server.listen(endpoint, resolve)
  try {
    await promise
  } catch (error) {
    throw listenFault('the address of HTTP updates', endpoint, variable, error)
  }
  server.off('error', reject)
}

export async function closeServer(server: Server): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve))
  server.closeIdleConnections()
  const force = setTimeout(() => server.closeAllConnections(), 1_000)
  await closed
  clearTimeout(force)
}

function guarded(server: Server, guard: Guard): Server {
  limitConnections(server, guard)
  return server.on('clientError', (error: ParserError, socket) => {
    const mended = error.code === 'HPE_INVALID_URL' ? withFirstSlash(error.rawPacket) : undefined
    if (mended === undefined) refuseMalformed(error, socket, guard)
    else server.emit('connection', new MendedConnection(socket, mended))
  })
}

type ParserError = NodeJS.ErrnoException & { readonly rawPacket?: Buffer }

const SAID: Readonly<Record<string, [line: string, body: string]>> = {
  HPE_HEADER_OVERFLOW: ['431 Request Header Fields Too Large', 'numhost\n'],
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', '911\n'],
}

/** What the parser of Node refuses: two lengths, a length beside chunks, control characters, lines that are too long. */
function refuseMalformed(error: NodeJS.ErrnoException, socket: Duplex, { onMalformed }: Guard): void {
  const { code = '' } = error
  if (code === 'ECONNRESET' || !socket.writable) return void socket.destroy()
  const address = (socket as Duplex & { remoteAddress?: string }).remoteAddress ?? ''
  onMalformed(address, `not HTTP: ${code}`)
  const [line, body] = SAID[code] ?? ['400 Bad Request', 'badagent\n']
  socket.end(
    `HTTP/1.1 ${line}\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  )
}
