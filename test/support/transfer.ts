import { connect } from 'node:net'
import { FrameReader, frame } from '../../services/edge/listeners/frame-reader.ts'
import { Class, Opcode, Rcode, Type } from '../../shared/dns/codes.ts'
import { encodeMessage } from '../../shared/dns/message.ts'
import type { Name } from '../../shared/dns/name.ts'
import type { ResourceRecord } from '../../shared/dns/record.ts'
import type { ServerAddress } from './nsupdate.ts'
import { decoded } from './spec.ts'

/** The records of a zone by AXFR (RFC 5936), the closing SOA left out. */
export async function transfer({ host, port }: ServerAddress, zone: Name): Promise<ResourceRecord[]> {
  const socket = connect(port, host)
  const questions = [{ name: zone, type: Type.AXFR, class: Class.IN }]
  socket.write(frame(encodeMessage({ id: 1, opcode: Opcode.QUERY, questions })))
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
    if (records.length > 1 && records.at(-1)!.type === Type.SOA) {
      socket.destroy()
      return records.slice(0, -1)
    }
  }
  throw new Error('the connection ended before the transfer did')
}
