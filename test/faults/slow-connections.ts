import { connect } from 'node:net'

const CLIENTS = 2_000
const PAUSE_MS = 5_000
/** Addresses that they come from: an edge takes only so many of each. */
const SOURCES = 100

/** Clients that keep a TCP connection: half of them say nothing, half one octet a second. One that is closed comes again after a while. */
export class SlowConnections {
  readonly clients = CLIENTS
  /** How many are open now. */
  open = 0
  private readonly port: number
  private readonly isOver: () => boolean

  constructor(port: number, isOver: () => boolean) {
    this.port = port
    this.isOver = isOver
    for (let index = 0; index < CLIENTS; index++) this.keep(index)
  }

  private keep(index: number): void {
    const localAddress = `127.0.1.${1 + (index % SOURCES)}`
    const socket = connect({ port: this.port, host: '127.0.0.1', localAddress })
    let isOpen = false
    socket.on('connect', () => {
      isOpen = true
      this.open += 1
    })
    socket.on('error', () => {})
    // else the end of it is not read, and it stays open for ever
    socket.resume()
    const timer = setInterval(() => {
      if (this.isOver()) socket.destroy()
      else if (index % 2 === 0) socket.write(Buffer.from([0]))
    }, 1_000)
    socket.on('close', () => {
      clearInterval(timer)
      if (isOpen) this.open -= 1
      if (!this.isOver()) setTimeout(() => this.keep(index), PAUSE_MS)
    })
  }
}
