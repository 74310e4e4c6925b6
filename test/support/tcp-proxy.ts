import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

/** Stands between a client and a server on 127.0.0.1, and can get in their way. */
export class TcpProxy {
  /** Octets from the client for which this answers true are held back until {@link release}. */
  holdBack: (octets: Buffer) => boolean = () => false
  /** What the server says goes through this on its way to the client. */
  alter: (octets: Buffer) => Buffer = (octets) => octets
  private readonly server: Server
  private readonly pairs = new Set<{ client: Socket; server: Socket }>()
  private held: (() => void)[] = []
  private isCut = false

  private constructor(server: Server) {
    this.server = server
  }

  static async to(port: number): Promise<TcpProxy> {
    const proxy: TcpProxy = new TcpProxy(createServer((client) => proxy.accept(client, port)))
    proxy.server.listen(0, '127.0.0.1').unref()
    await once(proxy.server, 'listening')
    return proxy
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port
  }

  /** An address through this instead of directly. */
  reroute(url: string): string {
    const other = new URL(url)
    other.hostname = '127.0.0.1'
    other.port = String(this.port)
    return other.href
  }

  /** What the client sent and did not get through. */
  release(): void {
    this.holdBack = () => false
    for (const send of this.held.splice(0)) send()
  }

  /** Breaks every connection, and those to come. */
  cut(): void {
    this.isCut = true
    for (const { client } of this.pairs) client.destroy()
  }

  mend(): void {
    this.isCut = false
  }

  /** Says something to the clients that the server did not. */
  inject(text: string): void {
    for (const { client } of this.pairs) client.write(text)
  }

  close(): void {
    this.cut()
    this.server.close()
  }

  private accept(client: Socket, port: number): void {
    if (this.isCut) {
      client.destroy()
      return
    }
    const server = connect(port, '127.0.0.1')
    const pair = { client, server }
    this.pairs.add(pair)
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      from.on('error', () => to.destroy())
      from.on('close', () => {
        to.destroy()
        this.pairs.delete(pair)
      })
    }
    server.on('data', (octets) => client.write(this.alter(octets)))
    client.on('data', (octets) => {
      if (this.holdBack(octets)) this.held.push(() => server.write(octets))
      else server.write(octets)
    })
  }
}
