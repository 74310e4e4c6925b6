import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Class, Opcode, Rcode, Type } from '../../shared/dns/codes.ts'
import { readExtendedError } from '../../shared/dns/edns.ts'
import { encodeMessage, type MessageParts } from '../../shared/dns/message.ts'
import { addA } from '../support/dns-client.ts'
import { decoded, responderOf, zoneWith } from './answer-support.ts'
import { MessageEdge } from './message-edge.ts'

const zone = zoneWith('www A 192.0.2.1')
const asking = (type: number, parts: Partial<MessageParts> = {}) =>
  encodeMessage({ id: 1, questions: [{ name: zone.apex, type, class: Class.IN }], ...parts })
const soa = { ...zone.soa, class: Class.IN, rdata: zone.soa.rdata[0]! }

describe('RFC 6891 §6.1.3: EDNS of another version', () => {
  const edns = { version: 1 }
  const updates = [addA('new.example.com.', '192.0.2.2')]
  const MESSAGES = [
    ['UPDATE', asking(Type.SOA, { opcode: Opcode.UPDATE, authorities: updates, edns })],
    ['NOTIFY', asking(Type.SOA, { opcode: Opcode.NOTIFY, edns })],
    ['AXFR', asking(Type.AXFR, { edns })],
    ['IXFR', asking(Type.IXFR, { authorities: [soa], edns })],
  ] as const
  for (const [what, unsigned] of MESSAGES)
    for (const isSigned of [false, true])
      it(`${what}${isSigned ? ', signed' : ''}: BADVERS, counted and audited, and nothing is done`, async () => {
        const edge = new MessageEdge(zone, responderOf([zone]))
        const answer = await edge.send(isSigned ? edge.signed(unsigned) : unsigned, { transport: 'tcp' })
        const { header, edns: ours, tsig, answers } = decoded(answer as Uint8Array)
        assert.equal((ours!.extendedRcode << 4) | header.rcode, Rcode.BADVERS)
        assert.deepEqual([ours!.version, tsig !== undefined, answers], [0, isSigned, []])
        assert.equal(readExtendedError(ours!.options)?.code, 21)
        assert.deepEqual(
          edge.refusals.map(({ reason, rcode, zone: name }) => [reason, rcode, name]),
          [['edns-version', Rcode.BADVERS, zone.apex]],
        )
        assert.deepEqual([edge.commands, edge.serials, edge.asked], [[], [], []])
      })
})
