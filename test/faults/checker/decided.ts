import { Class, Type } from '../../../shared/dns/codes.ts'
import { decodeMessage, type Message } from '../../../shared/dns/message.ts'
import type { ZoneEvent } from '../../../shared/events/zone-event.ts'
import type { Evidence } from './evidence.ts'

/** An event of an update, with the client's id of it. */
export interface DecidedEvent {
  readonly zone: string
  readonly event: ZoneEvent
  readonly command: string
  readonly message: Message
}

/** Nobody was told of it, and a re-send is decided on its own. */
export function isExpired({ event }: DecidedEvent): boolean {
  return event.reason === 'expired'
}

/** The updates of all zones, each in the order of its zone. */
export function decidedEvents({ zones }: Pick<Evidence, 'zones'>): DecidedEvent[] {
  return zones.flatMap(({ name, events }) =>
    events
      .filter(({ kind }) => kind === 'update')
      .map((event) => {
        const message = decodeMessage(event.message)
        if (!message.ok)
          throw new Error(`the message of event ${event.seq} cannot be read: ${message.reason}`)
        return { zone: name, event, command: markIn(message.value), message: message.value }
      }),
  )
}

export function byCommand(decided: readonly DecidedEvent[]): ReadonlyMap<string, readonly DecidedEvent[]> {
  return Map.groupBy(decided, ({ command }) => command)
}

/** Each command ends with a TXT record that no other has. */
function markIn({ authorities }: Message): string {
  const mark = authorities.findLast(({ type, class: class_ }) => type === Type.TXT && class_ === Class.IN)
  return mark === undefined ? '' : Buffer.from(mark.rdata.subarray(1)).toString('latin1')
}
