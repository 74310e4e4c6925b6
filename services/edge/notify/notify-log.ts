import type { Name } from '../../../shared/dns/name.ts'
import type { Logger } from '../../../shared/log.ts'
import type { ExchangeResult } from './exchange.ts'

/** About which zone, and to whom. */
export interface About {
  readonly zone: Name
  readonly to: string
}

/**
 * Says when a server stops acknowledging and when it does so again, not each try: once for a server that does not answer, however many
 * zones it is to be told of, and once for each zone that a server says no to.
 */
export class NotifyLog {
  private readonly log: Logger
  /** What was said of whom, with the zones that it is so for. */
  private readonly failing = new Map<string, Set<Name>>()

  constructor(log: Logger) {
    this.log = log
  }

  ended(about: About, result: ExchangeResult): void {
    if (result === 'acknowledged') this.acknowledged(about)
    else this.failed(about, result)
  }

  /** Nobody is to be told of this any more. */
  forget(about: About): void {
    for (const key of [serverKey(about), zoneKey(about)]) this.remove(key, about.zone)
  }

  private failed(about: About, { failure, answered }: Exclude<ExchangeResult, 'acknowledged'>): void {
    const key = answered === true ? zoneKey(about) : serverKey(about)
    const zones = this.failing.get(key) ?? new Set()
    this.failing.set(key, zones)
    if (zones.size === 0)
      this.log.warn(
        { ...about, failure },
        'NOTIFY not acknowledged; it will be sent again, ever more rarely, until it is. This is not said again',
      )
    else this.log.debug({ ...about, failure }, 'NOTIFY not acknowledged')
    zones.add(about.zone)
  }

  private acknowledged(about: About): void {
    const removed = [serverKey(about), zoneKey(about)].map((key) => this.remove(key, about.zone))
    if (removed.includes(true)) this.log.info(about, 'NOTIFY acknowledged again')
    else this.log.debug(about, 'NOTIFY acknowledged')
  }

  /** True when it was the last zone. */
  private remove(key: string, zone: Name): boolean {
    const zones = this.failing.get(key)
    if (zones?.delete(zone) !== true || zones.size > 0) return false
    return this.failing.delete(key)
  }
}

const serverKey = ({ to }: About): string => to
const zoneKey = ({ to, zone }: About): string => `${to} ${zone}`
