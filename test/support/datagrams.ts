import { createSocket, type Socket } from 'node:dgram'
import { query } from './dns-client.ts'
import { until } from './until.ts'

/** A socket for octets that need not be messages: whatever comes back is kept. */
export class Datagrams {
  readonly answers: Buffer[] = []
  private readonly socket: Socket
  private readonly port: number

  private constructor(socket: Socket, port: number) {
    this.socket = socket
    this.port = port
    socket.on('message', (answer) => this.answers.push(answer))
  }

  static async to(port: number): Promise<Datagrams> {
    const socket = createSocket('udp4').unref()
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
    return new Datagrams(socket, port)
  }

  send(octets: Uint8Array): void {
    this.socket.send(octets, this.port, '127.0.0.1')
  }

  /**
   * What came back for these, in the order sent as far as the server keeps it. A query after them shows that the server still
   * answers, and that no answer to them is to be waited for.
   */
  async exchange(...datagrams: readonly Uint8Array[]): Promise<Buffer[]> {
    this.answers.length = 0
    for (const datagram of datagrams) this.send(datagram)
    const id = 0xfffe
    this.send(query('example.com.', 'SOA', id))
    const isLast = (answer: Buffer) => answer.readUInt16BE(0) === id
    await until('the query after the datagrams is answered', () => this.answers.some(isLast))
    return this.answers.filter((answer) => !isLast(answer))
  }

  close(): void {
    this.socket.close()
  }
}
