import type { Socket } from 'node:dgram'
import type { Logger } from '../../../shared/log.ts'
import { closeSocket } from './udp-socket.ts'

/** A datagram to an address that has no socket may mean that there is a new one, but a flood of them must cost little, in ms. */
const LEAST_BETWEEN_CHECKS = 250

export interface AddressSocketsOptions {
  /** The addresses to be bound now. */
  readonly addresses: () => readonly string[]
  readonly bind: (address: string) => Promise<Socket>
  readonly log: Logger
  /** How often the addresses are looked at, in ms. */
  readonly everyMs: number
}

/**
 * One socket for each address that a wildcard socket covers. What is sent from a wildcard socket leaves from the address that the
 * system's routes suggest; what is sent from one of these leaves from the address that was asked. They come and go with the addresses.
 */
export class AddressSockets {
  private readonly options: AddressSocketsOptions
  private readonly sockets = new Map<string, Socket>()
  /** Addresses that could not be bound, so that each is told of once. */
  private readonly failed = new Set<string>()
  private readonly timer: NodeJS.Timeout
  private checking: Promise<void> | undefined
  private lastCheck = Number.NEGATIVE_INFINITY
  private closed = false

  private constructor(options: AddressSocketsOptions) {
    this.options = options
    this.timer = setInterval(() => void this.check(), options.everyMs)
    this.timer.unref()
  }

  /** Resolves when all addresses have been tried. One that cannot be bound is left to the wildcard socket, and tried again. */
  static async follow(options: AddressSocketsOptions): Promise<AddressSockets> {
    const following = new AddressSockets(options)
    await following.check()
    return following
  }

  get bound(): readonly Socket[] {
    return [...this.sockets.values()]
  }

  /** For whoever has seen a datagram that no socket of ours was there for. */
  suspectNewAddress(): void {
    if (performance.now() - this.lastCheck >= LEAST_BETWEEN_CHECKS) void this.check()
  }

  /** No address is bound any more from now on; closing the bound ones is left to the caller. */
  async stop(): Promise<void> {
    this.closed = true
    clearInterval(this.timer)
    await this.checking
  }

  private check(): Promise<void> {
    this.checking ??= this.bindAndRelease().finally(() => {
      this.checking = undefined
    })
    return this.checking
  }

  private async bindAndRelease(): Promise<void> {
    this.lastCheck = performance.now()
    const wanted = this.wanted()
    if (wanted === undefined) return
    for (const [address, socket] of this.sockets) {
      if (wanted.has(address)) continue
      this.sockets.delete(address)
      await closeSocket(socket)
      this.options.log.info({ address }, 'this machine no longer has the address')
    }
    for (const address of this.failed) if (!wanted.has(address)) this.failed.delete(address)
    for (const address of wanted) if (!this.sockets.has(address)) await this.bind(address)
  }

  /** Undefined when the system does not say, as some sandboxes do not: then all stays as it is. */
  private wanted(): ReadonlySet<string> | undefined {
    try {
      return new Set(this.options.addresses())
    } catch (error) {
      this.options.log.debug({ error }, 'the addresses of this machine are not to be had')
      return undefined
    }
  }

  private async bind(address: string): Promise<void> {
    if (this.closed) return
    try {
      this.sockets.set(address, await this.options.bind(address))
      this.failed.delete(address)
      this.options.log.debug({ address }, 'UDP answers leave from the address')
    } catch (error) {
      if (this.failed.has(address)) return
      this.failed.add(address)
      // usual for an IPv6 address that is still being checked for duplicates
      const level = (error as NodeJS.ErrnoException).code === 'EADDRNOTAVAIL' ? 'debug' : 'warn'
      this.options.log[level]({ error, address }, 'answers to UDP at this address may leave from another one')
    }
  }
}
