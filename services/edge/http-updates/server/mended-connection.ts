import { Duplex } from 'node:stream'

/**
 * A request whose target lacks its first slash, as some UniFi gateways send it, with one; undefined for any other octets, and for what has
 * not come whole.
 */
export function withFirstSlash(octets: Buffer | undefined): Buffer | undefined {
  const text = octets?.toString('latin1') ?? ''
  if (!/^GET [\w.-][^\s]* HTTP\/1\.[01]\r\n/.test(text) || !text.endsWith('\r\n\r\n')) return undefined
  return Buffer.from(text.replace('GET ', 'GET /'), 'latin1')
}

/** One request that was mended, and the socket that it came from for the answer. Nothing more is read from there. */
export class MendedConnection extends Duplex {
  readonly remoteAddress: string | undefined
  readonly remotePort: number | undefined
  private readonly socket: Duplex
  private request: Buffer | undefined

  constructor(socket: Duplex, request: Buffer) {
    super()
    this.socket = socket
    this.request = request
    const { remoteAddress, remotePort } = socket as Duplex & { remoteAddress?: string; remotePort?: number }
    this.remoteAddress = remoteAddress
    this.remotePort = remotePort
    socket.on('close', () => this.destroy())
  }

  override _read(): void {
    // no end of it: that would say that the client has left
    if (this.request !== undefined) this.push(this.request)
    this.request = undefined
  }

  override _write(chunk: Buffer, encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.socket.write(chunk, encoding, done)
  }

  override _final(done: (error?: Error | null) => void): void {
    this.socket.end(done)
  }
}
