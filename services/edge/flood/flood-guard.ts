import type { Socket } from 'node:dgram'
import type { Logger } from '../../../shared/log.ts'
import { FairShare } from './fair-share.ts'
import type { ProvenSenders } from './proven-senders.ts'
import { ownSockets, readQueues, type SocketQueue } from './socket-queues.ts'

const LOOK_MS = 100
/** So many have to be read between two looks: who is asked little need not look. */
const LEAST_READ = 20
/** A look at the system's table takes no more than this part of the time, however many sockets the machine has. */
const LOOK_SHARE = 0.02

export interface FloodGuardOptions {
  readonly proven: Pick<ProvenSenders, 'has'>
  readonly log: Logger
  /** Datagrams read so far. */
  readonly read: () => number
  /** How the queues of our sockets are told. */
  readonly queues?: (inodes: ReadonlySet<string>) => readonly SocketQueue[]
}

/** Watches the receive buffers of our UDP sockets, and limits senders while they overflow. Where the system tells nothing it limits nobody. */
export class FloodGuard {
  /** Datagrams that the system dropped before they could be read. */
  lost = 0
  readonly share: FairShare
  private readonly options: FloodGuardOptions
  private readonly timer: NodeJS.Timeout
  private inodes: ReadonlySet<string> | undefined
  private bufferOctets = Number.POSITIVE_INFINITY
  /** By inode, as they were at the last look. */
  private drops: ReadonlyMap<string, number> = new Map()
  private readBefore = 0
  private nextLook = 0

  constructor(options: FloodGuardOptions) {
    this.options = options
    this.share = new FairShare(options.proven)
    this.timer = setInterval(() => this.look(), LOOK_MS)
    this.timer.unref()
  }

  /** Of a socket that has just been bound. */
  watch(socket: Socket): void {
    this.inodes = undefined
    this.bufferOctets = Math.min(this.bufferOctets, socket.getRecvBufferSize())
  }

  stop(): void {
    clearInterval(this.timer)
  }

  private look(): void {
    const total = this.options.read()
    const read = total - this.readBefore
    const now = performance.now()
    if ((read < LEAST_READ && !this.share.isOn) || now < this.nextLook) return
    this.readBefore = total
    const queues = this.queues()
    this.nextLook = now + (performance.now() - now) / LOOK_SHARE
    const lost = this.newDrops(queues)
    this.lost += lost
    const fill = Math.max(0, ...queues.map(({ octets }) => octets)) / this.bufferOctets
    const change = this.share.look({ read, lost, fill })
    const { log } = this.options
    if (change === 'flooded')
      log.warn({ lost }, 'more datagrams come than can be answered: senders of many are limited')
    else if (change === 'over')
      log.info({ shed: this.share.shed }, 'no sender of datagrams is limited any more')
  }

  private queues(): readonly SocketQueue[] {
    this.inodes ??= ownSockets()
    return (this.options.queues ?? readQueues)(this.inodes)
  }

  private newDrops(queues: readonly SocketQueue[]): number {
    const before = this.drops
    this.drops = new Map(queues.map(({ inode, drops }) => [inode, drops]))
    return queues.reduce((sum, { inode, drops }) => sum + drops - (before.get(inode) ?? 0), 0)
  }
}
