import { connect } from 'node:net'
import { Class, Opcode, Rcode, Type } from '../../shared/dns/codes.ts'
import { FrameReader, frame } from '../../shared/dns/frame-reader.ts'
import { encodeMessage } from '../../shared/dns/message.ts'
import { type Name, ROOT } from '../../shared/dns/name.ts'
import type { ResourceRecord } from '../../shared/dns/record.ts'
import type { Serial } from '../../shared/dns/serial.ts'
import { serialOf, soaRdata } from '../../shared/dns/soa.ts'
import { newId } from './dns-client.ts'
import type { ServerAddress } from './nsupdate.ts'
import { decoded } from './spec.ts'

/** The records of a zone by AXFR (RFC 5936), the closing SOA left out. */
export async function transfer(server: ServerAddress, zone: Name): Promise<ResourceRecord[]> {
  const questions = [{ name: zone, type: Type.AXFR, class: Class.IN }]
  const records = await readUntil(
    server,
    encodeMessage({ id: 1, opcode: Opcode.QUERY, questions }),
    (all) => all.length > 1 && all.at(-1)!.type === Type.SOA,
  )
  return records.slice(0, -1)
}

/** A request for what changed since a serial (RFC 1995 §3). */
export function ixfrRequest(zone: Name, serial: number): Uint8Array {
  const times = { refresh: 0, retry: 0, expire: 0, minimum: 0 }
  const rdata = soaRdata({ mname: ROOT, rname: ROOT, serial: serial as Serial, ...times })
  return encodeMessage({
    id: newId(),
    opcode: Opcode.QUERY,
    questions: [{ name: zone, type: Type.IXFR, class: Class.IN }],
    authorities: [{ name: zone, type: Type.SOA, class: Class.IN, ttl: 0, rdata }],
  })
}

/** All records of an IXFR over TCP, in whichever of its three forms it comes (RFC 1995 §4). */
export async function ixfr(server: ServerAddress, zone: Name, serial: number): Promise<ResourceRecord[]> {
  return await readUntil(server, ixfrRequest(zone, serial), (records) => {
    const newest = serialOf(records[0]!.rdata)
    const seen = records.filter(({ type, rdata }) => type === Type.SOA && serialOf(rdata) === newest).length
    // in changes the newest SOA stands also before what was added last
    return records.length === 1 || seen === (records[1]!.type === Type.SOA ? 3 : 2)
  })
}

/** The records of the messages of one answer, until they are all. */
async function readUntil(
  { host, port }: ServerAddress,
  request: Uint8Array,
  areAll: (records: readonly ResourceRecord[]) => boolean,
): Promise<ResourceRecord[]> {
  const socket = connect(port, host)
  socket.write(frame(request))
  const reader = new FrameReader()
  const records: ResourceRecord[] = []
  for await (const chunk of socket) {
    reader.push(chunk as Buffer)
    for (let bytes = reader.next(); bytes !== undefined; bytes = reader.next()) {
      const message = decoded(bytes)
      if (message.header.rcode !== Rcode.NOERROR)
        throw new Error(`no transfer: rcode ${message.header.rcode}`)
      records.push(...message.answers)
    }
    if (records.length > 0 && areAll(records)) {
      socket.destroy()
      return records
    }
  }
  throw new Error('the connection ended before the transfer did')
}
