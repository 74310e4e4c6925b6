import { type MsgHdrs, MsgHdrsImpl } from 'nats'
import { COMMAND_ID } from '../command-id.ts'
import type { Identity, Transport, UpdateCommand } from '../commands.ts'
import { nameOf } from '../dns/name.ts'
import { UnreadablePayload } from '../events/binary.ts'
import { TRACEPARENT } from '../tracing/tracing.ts'

/** Version of the headers; a writer reads this one and the one before it, which no release wrote, and refuses any other. */
export const COMMAND_VERSION = '2'
const MANY_HEADERS = '1'

const FIELDS = 'Zonelog-Command'
/** As W3C Trace Context calls it. It stands beside the fields, so that programs that do not know of it read the command all the same. */
const TRACE = 'traceparent'

/** The payload is the raw message; the headers hold what the edge alone knows, in one line: each header costs both sides more than a field. */
export function commandHeaders(command: UpdateCommand, traceparent?: string): MsgHdrs {
  const { fingerprint: octets, source } = command
  const fingerprint = Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength).toString('hex')
  const about = `${COMMAND_VERSION} ${command.zoneId} ${command.zone} ${fingerprint} ${command.edgeId}`
  const from = `${source.address} ${source.port} ${command.transport} ${command.receivedAt} ${command.deadline}`
  const headers = new CommandHeaders()
  // in the record itself: `set` of the library looks at each character of names and values several times.
  // By this id JetStream drops a second copy that the client library may have sent
  headers.headers.set('Nats-Msg-Id', [inOneLine(command.id)])
  // the identity is the last: it alone may hold a space
  headers.headers.set(FIELDS, [inOneLine(`${about} ${from} ${command.identity}`)])
  if (traceparent !== undefined) headers.headers.set(TRACE, [inOneLine(traceparent)])
  return headers
}

class CommandHeaders extends MsgHdrsImpl {
  /** As the library's, whose encoder takes nine times as long for texts that are so short. */
  override encode(): Uint8Array {
    return Buffer.from(this.toString())
  }
}

/** Names and addresses are written so that they hold no line's end; else one could write headers of its own. */
function inOneLine(value: string): string {
  if (/[\r\n]/.test(value)) throw new RangeError('a header of a command holds a line end')
  return value
}

/** Undefined where nobody traces the command, or what is said is not understood, which is no reason to refuse it. */
export function traceparentOf(header: MsgHdrs | undefined): string | undefined {
  const said = header?.get(TRACE) ?? ''
  return TRACEPARENT.test(said) ? said : undefined
}

const FORM =
  /^2 (\d+) (\S+) ([0-9a-f]{64}) ([\w-]+) (\S+) (\d+) (udp|tcp|http|api) (\d+) (\d+) ((?:key:|api:).+|unsigned|system)$/

/** Throws {@link UnreadablePayload} for another version or a header that is missing or wrong. */
export function readCommand(header: MsgHdrs | undefined, message: Uint8Array): UpdateCommand {
  const line = header?.get(FIELDS) ?? ''
  if (header === undefined || line === '') return readManyHeaders(header, message)
  const fields = FORM.exec(line)
  if (fields === null)
    throw new UnreadablePayload(
      line.startsWith(`${COMMAND_VERSION} `)
        ? `header ${FIELDS} is wrong`
        : `command version ${line.split(' ', 1)[0]}, this program reads ${MANY_HEADERS} and ${COMMAND_VERSION}`,
    )
  const [, zoneId, zone, fingerprint, edgeId, address, port, transport, receivedAt, deadline, identity] =
    fields as unknown as string[]
  return {
    id: matching(header, 'Nats-Msg-Id', COMMAND_ID),
    zoneId: whole(zoneId!),
    zone: nameOf(zone!),
    fingerprint: Buffer.from(fingerprint!, 'hex'),
    edgeId: edgeId!,
    identity: identity as Identity,
    source: { address: address!, port: whole(port!) },
    transport: transport as Transport,
    receivedAt: moment(receivedAt!),
    deadline: moment(deadline!),
    message,
  }
}

/** Version 1, from before the first release: a header for each field. */
function readManyHeaders(header: MsgHdrs | undefined, message: Uint8Array): UpdateCommand {
  const version = header?.get('Zonelog-Version')
  if (header === undefined || version !== MANY_HEADERS)
    throw new UnreadablePayload(
      `command version ${version || 'none'}, this program reads ${MANY_HEADERS} and ${COMMAND_VERSION}`,
    )
  const [zoneId, zone] = pair(header, 'Zonelog-Zone')
  const [address, port] = pair(header, 'Zonelog-Source')
  return {
    id: matching(header, 'Nats-Msg-Id', COMMAND_ID),
    zoneId: whole(zoneId),
    zone: nameOf(zone),
    fingerprint: Buffer.from(matching(header, 'Zonelog-Fingerprint', /^[0-9a-f]{64}$/), 'hex'),
    edgeId: matching(header, 'Zonelog-Edge', /^[\w-]+$/),
    identity: matching(header, 'Zonelog-Identity', /^(?:key:.+|unsigned|api:.+|system)$/) as Identity,
    source: { address, port: whole(port) },
    transport: matching(header, 'Zonelog-Transport', /^(?:udp|tcp|api)$/) as Transport,
    receivedAt: moment(header.get('Zonelog-Received-At')),
    deadline: moment(header.get('Zonelog-Deadline')),
    message,
  }
}

/** In the year 2248: later moments are damage, and what stores them has no form for all that a header can hold. */
const LATEST = 2 ** 43

function moment(text: string): number {
  const value = whole(text)
  if (value <= LATEST) return value
  throw new UnreadablePayload(`${text} is no moment in ms since the epoch`)
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
