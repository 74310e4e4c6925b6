import { createSocket, type Socket } from 'node:dgram'
import type { Random } from '../random.ts'

/** How datagrams fare, each as a probability. */
export interface Weather {
  readonly lose: number
  readonly double: number
  /** Held up for up to {@link Weather.mostDelayMs}, so that those behind it overtake it. */
  readonly delay: number
  readonly mostDelayMs: number
}

/** What became of datagrams, in both directions. */
export type Weathered = Record<'passed' | 'lost' | 'doubled' | 'delayed' | 'reordered', number>

export const CALM: Weather = { lose: 0, double: 0, delay: 0, mostDelayMs: 0 }

/** Of the datagrams of one direction: how many came, and the number of the latest that was sent on. */
interface Order {
  came: number
  newest: number
}

/** Stands between clients and one edge: loses, doubles, delays and reorders datagrams, in both directions. */
export class DatagramProxy {
  weather: Weather = CALM
  readonly counts: Weathered = { passed: 0, lost: 0, doubled: 0, delayed: 0, reordered: 0 }
  private readonly front: Socket
  private readonly edgePort: number
  private readonly random: Random
  /** By the client's port: the edge must see different clients at different ports. */
  private readonly backs = new Map<number, Socket>()
  private readonly toEdge: Order = { came: 0, newest: 0 }
  private readonly toClients: Order = { came: 0, newest: 0 }
  private isClosed = false

  private constructor(front: Socket, edgePort: number, random: Random) {
    this.front = front
    this.edgePort = edgePort
    this.random = random
    front.on('message', (octets, { port }) => {
      const back = this.backFor(port)
      this.pass(this.toEdge, () => back.send(octets, this.edgePort, '127.0.0.1'))
    })
  }

  static async to(edgePort: number, random: Random): Promise<DatagramProxy> {
    const front = createSocket({ type: 'udp4', recvBufferSize: 1 << 21 })
    await new Promise<void>((resolve) => front.bind(0, '127.0.0.1', resolve))
    return new DatagramProxy(front, edgePort, random)
  }

  get port(): number {
    return this.front.address().port
  }

  close(): void {
    this.isClosed = true
    this.front.close()
    for (const back of this.backs.values()) back.close()
  }

  private backFor(clientPort: number): Socket {
    const known = this.backs.get(clientPort)
    if (known !== undefined) return known
    const back = createSocket('udp4')
    back.on('message', (octets) =>
      this.pass(this.toClients, () => this.front.send(octets, clientPort, '127.0.0.1')),
    )
    // an edge that is down says so by ICMP
    back.on('error', () => {})
    this.backs.set(clientPort, back)
    return back
  }

  private pass(order: Order, send: () => void): void {
    const { lose, double, delay, mostDelayMs } = this.weather
    if (this.random.chance(lose)) {
      this.counts.lost += 1
      return
    }
    this.counts.passed += 1
    order.came += 1
    const number = order.came
    const sendOn = () => {
      // others that came later have gone before it
      if (number < order.newest) this.counts.reordered += 1
      else order.newest = number
      send()
    }
    if (this.random.chance(delay)) this.later(sendOn, mostDelayMs, 'delayed')
    else sendOn()
    if (this.random.chance(double)) this.later(send, mostDelayMs, 'doubled')
  }

  private later(send: () => void, mostMs: number, what: 'delayed' | 'doubled'): void {
    this.counts[what] += 1
    setTimeout(() => this.isClosed || send(), this.random.between(1, Math.max(2, mostMs))).unref()
  }
}
