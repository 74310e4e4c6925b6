import { randomInt } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import { Class, classToText, Opcode, Type } from '../../shared/dns/codes.ts'
import { FrameReader, frame } from '../../shared/dns/frame-reader.ts'
import { decodeMessage, encodeMessage } from '../../shared/dns/message.ts'
import { canonicalName, isSubdomain, type Name } from '../../shared/dns/name.ts'
import type { ResourceRecord } from '../../shared/dns/record.ts'
import { serialOf } from '../../shared/dns/soa.ts'
import { signMessage, TsigStreamCheck } from '../../shared/dns/tsig.ts'
import { CliError } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import type { Primary } from './primary.ts'
import { refusalOf } from './refusals.ts'

/** Time in which nothing at all comes. */
const IDLE_MS = 30_000
/** More than any zone that could be moved; a server that never ends must not be read for ever. */
const MOST_RECORDS = 200_000_000

/**
 * The records of a zone by AXFR over TCP (RFC 5936), message by message, the closing SOA left out. Throws a CliError when the server
 * refuses, a signature is wrong, or the transfer is not whole: whoever takes the records must then use none of them.
 */
export async function* transferZone(
  primary: Primary,
  zone: Name,
  idleMs = IDLE_MS,
): AsyncGenerator<readonly ResourceRecord[]> {
  const answer = new TransferAnswer(primary, zone)
  const socket = connect(primary.port, primary.host)
  socket.setTimeout(idleMs, () =>
    socket.destroy(Object.assign(new Error('timeout'), { code: `no answer in ${idleMs / 1_000} s` })),
  )
  try {
    socket.write(frame(answer.request))
    for await (const bytes of messagesOf(socket)) {
      const records = answer.take(bytes)
      if (records.length > 0) yield records
      if (answer.isWhole) return
    }
    throw answer.fault(`the transfer of ${zone} ended before it was whole`)
  } catch (error) {
    if (error instanceof CliError) throw error
    const { code, message } = error as NodeJS.ErrnoException
    throw new CliError(
      `${primary.text} could not be asked for ${zone} over TCP (${code ?? message}); nothing was changed.`,
      EXIT.unreachable.status,
    )
  } finally {
    socket.destroy()
  }
}

async function* messagesOf(socket: Socket): AsyncGenerator<Uint8Array> {
  const reader = new FrameReader()
  for await (const chunk of socket) {
    reader.push(chunk as Buffer)
    for (let bytes = reader.next(); bytes !== undefined; bytes = reader.next()) yield bytes
  }
}

/** Puts the messages of one answer together, and judges each. */
class TransferAnswer {
  readonly request: Uint8Array
  isWhole = false
  private readonly primary: Primary
  private readonly zone: Name
  private readonly id = randomInt(0x1_0000)
  private readonly check: TsigStreamCheck | undefined
  private soa: Uint8Array | undefined
  private count = 0

  constructor(primary: Primary, zone: Name) {
    this.primary = primary
    this.zone = zone
    const questions = [{ name: zone, type: Type.AXFR, class: Class.IN }]
    const plain = encodeMessage({ id: this.id, opcode: Opcode.QUERY, questions })
    const signed = primary.key && signMessage(plain, primary.key, Date.now() / 1_000)
    this.request = signed?.bytes ?? plain
    this.check = signed && new TsigStreamCheck(primary.key!, signed.mac)
  }

  /** The zone's records in the next message. */
  take(bytes: Uint8Array): ResourceRecord[] {
    const decoded = decodeMessage(bytes)
    if (!decoded.ok) throw this.fault(`a message of the transfer cannot be read: ${decoded.reason}`)
    const message = decoded.value
    const { header, answers, tsig } = message
    if (header.id !== this.id || !header.qr) throw this.fault('it sent what was not asked for')
    if (header.rcode !== 0) throw refusalOf(this.primary, this.zone, header.rcode, tsig)
    const unsigned = this.check?.faultOf(bytes, message, Date.now() / 1_000)
    if (unsigned !== undefined) throw this.fault(`the answer cannot be trusted: ${unsigned}`)
    return this.records(answers)
  }

  fault(what: string): CliError {
    return new CliError(`${this.primary.text}: ${what}; nothing was changed.`)
  }

  private records(answers: readonly ResourceRecord[]): ResourceRecord[] {
    const taken: ResourceRecord[] = []
    for (const record of answers) {
      if (this.isWhole) throw this.fault(`the transfer of ${this.zone} has records behind its closing SOA`)
      this.checkRecord(record)
      if (record.type === Type.SOA && this.soa !== undefined) this.close(record.rdata)
      else taken.push(record)
      if (record.type === Type.SOA) this.soa ??= record.rdata
    }
    if (this.isWhole && this.check?.isComplete === false)
      throw this.fault('the answer cannot be trusted: its last message is not signed')
    return taken
  }

  /** RFC 5936 §2.2: SOA first; everything of the zone, in class IN. */
  private checkRecord({ name, type, class: code }: ResourceRecord): void {
    if (this.soa === undefined && (type !== Type.SOA || canonicalName(name) !== this.zone))
      throw this.fault(`the transfer of ${this.zone} does not begin with its SOA`)
    if (code !== Class.IN)
      throw this.fault(`${name} is of class ${classToText(code)}; zones here are of class IN`)
    if (!isSubdomain(canonicalName(name), this.zone))
      throw this.fault(`${name} is outside the zone ${this.zone}`)
    if (++this.count > MOST_RECORDS) throw this.fault(`the transfer has more than ${MOST_RECORDS} records`)
  }

  private close(rdata: Uint8Array): void {
    if (serialOf(rdata) !== serialOf(this.soa!))
      throw this.fault(
        `the zone ${this.zone} changed while it was transferred, from serial ${serialOf(this.soa!)} to ${serialOf(rdata)}; try again`,
      )
    this.isWhole = true
  }
}
