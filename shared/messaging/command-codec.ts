import { headers, type MsgHdrs } from 'nats'
import type { Identity, Transport, UpdateCommand } from '../commands.ts'
import { nameOf } from '../dns/name.ts'
import { UnreadablePayload } from '../events/binary.ts'

/** Version of the headers; a writer refuses any other. */
export const COMMAND_VERSION = '1'

/** The payload is the raw message; the headers hold what the edge alone knows. */
export function commandHeaders(command: UpdateCommand): MsgHdrs {
  const header = headers()
  header.set('Zonelog-Version', COMMAND_VERSION)
  // JetStream drops a second copy that the client library may have sent
  header.set('Nats-Msg-Id', command.id)
  header.set('Zonelog-Zone', `${command.zoneId} ${command.zone}`)
  header.set('Zonelog-Fingerprint', Buffer.from(command.fingerprint).toString('hex'))
  header.set('Zonelog-Edge', command.edgeId)
  header.set('Zonelog-Identity', command.identity)
  header.set('Zonelog-Source', `${command.source.address} ${command.source.port}`)
  header.set('Zonelog-Transport', command.transport)
  header.set('Zonelog-Received-At', String(command.receivedAt))
  header.set('Zonelog-Deadline', String(command.deadline))
  return header
}

/** Throws {@link UnreadablePayload} for another version or a header that is missing or wrong. */
export function readCommand(header: MsgHdrs | undefined, message: Uint8Array): UpdateCommand {
  const version = header?.get('Zonelog-Version')
  if (header === undefined || version !== COMMAND_VERSION)
    throw new UnreadablePayload(`command version ${version || 'none'}, this program reads ${COMMAND_VERSION}`)
  const [zoneId, zone] = pair(header, 'Zonelog-Zone')
  const [address, port] = pair(header, 'Zonelog-Source')
  return {
    id: matching(header, 'Nats-Msg-Id', /^[0-9a-f-]{36}$/),
    zoneId: whole(zoneId),
    zone: nameOf(zone),
    fingerprint: Buffer.from(matching(header, 'Zonelog-Fingerprint', /^[0-9a-f]{64}$/), 'hex'),
    edgeId: matching(header, 'Zonelog-Edge', /^[\w-]+$/),
    identity: matching(header, 'Zonelog-Identity', /^(?:key:.+|unsigned|api:.+|system)$/) as Identity,
    source: { address, port: whole(port) },
    transport: matching(header, 'Zonelog-Transport', /^(?:udp|tcp|api)$/) as Transport,
    receivedAt: whole(header.get('Zonelog-Received-At')),
    deadline: whole(header.get('Zonelog-Deadline')),
    message,
  }
}

function matching(header: MsgHdrs, name: string, form: RegExp): string {
  const value = header.get(name)
  if (form.test(value)) return value
  throw new UnreadablePayload(`header ${name} is missing or wrong`)
}

function pair(header: MsgHdrs, name: string): [string, string] {
  const value = matching(header, name, /^\S+ \S+$/)
  const space = value.indexOf(' ')
  return [value.slice(0, space), value.slice(space + 1)]
}

function whole(text: string): number {
  const value = Number(text)
  if (text !== '' && Number.isSafeInteger(value) && value >= 0) return value
  throw new UnreadablePayload(`'${text}' is not a whole number`)
}
