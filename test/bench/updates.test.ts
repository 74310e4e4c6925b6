import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { COPY_HEAD, MadePast, PAST_COLUMNS } from '../../bench/updates/made-past.ts'
import { readOptions } from '../../bench/updates/options.ts'
import { placement, setupsOf } from '../../bench/updates/systems.ts'
import { linkFaults } from '../../services/zone-writer/history/verify/chain.ts'
import { BinaryRows } from '../../services/zone-writer/store/binary-rows.ts'
import { Class, Rcode, Type } from '../../shared/dns/codes.ts'
import { decodeMessage } from '../../shared/dns/message.ts'
import { nameOf } from '../../shared/dns/name.ts'
import type { Serial } from '../../shared/dns/serial.ts'
import { serialOf, soaRdata } from '../../shared/dns/soa.ts'
import { kindOf } from '../../shared/events/event-codec.ts'
import type { ZoneEvent } from '../../shared/events/zone-event.ts'
import { decodeDiff } from '../../shared/zone-diff.ts'

describe('the benchmark of updates measures what it is told to', () => {
  const lists = { writers: [1], edges: [1], history: [], records: [] }

  it('makes a system of each place in its lists, and one number is that of all', () => {
    assert.deepEqual(setupsOf(lists), [
      { name: 'zonelog', writers: 1, edges: 1, history: undefined, records: undefined },
    ])
    const two = setupsOf({ ...lists, writers: [1, 2], edges: [1, 2], history: [0] })
    assert.deepEqual(
      two.map(({ name }) => name),
      ['zonelog, 0 events before', 'zonelog, 2 writers, 2 edges, 0 events before'],
    )
    assert.throws(() => setupsOf({ ...lists, writers: [1, 2], edges: [1, 2, 3] }), /equally long/)
  })

  it('keeps each pair on a processor of its own, and all else on those that are left or on the last', () => {
    const of = (processors: number, pairs: number) => {
      const { pair, others } = placement(processors, pairs)
      return { pairs: Array.from({ length: pairs }, (_, index) => pair(index)), others }
    }
    assert.deepEqual(of(2, 1), { pairs: [0], others: [1] })
    assert.deepEqual(of(2, 2), { pairs: [0, 1], others: [1] })
    assert.deepEqual(of(8, 2), { pairs: [0, 1], others: [2, 3, 4, 5, 6, 7] })
    assert.deepEqual(of(1, 2), { pairs: [0, 0], others: [0] })
  })

  it('takes no other server where the others could not be treated alike', () => {
    assert.throws(() => readOptions(['--pin']), /--against ''/)
    assert.deepEqual(readOptions(['--pin', '--against', '']).peers, [])
    assert.throws(() => readOptions(['--cases', 'nothing']), /there is no case nothing/)
    assert.throws(() => readOptions(['--history', '1e3.5']), /no list of numbers/)
  })
})

describe('a made history', () => {
  const [zone, rname] = [nameOf('example.com.'), nameOf('hostmaster.example.com.')]
  const numbers = { serial: 0xffff_fffe as Serial, refresh: 1, retry: 2, expire: 3, minimum: 4 }
  const rdata = soaRdata({ mname: zone, rname, ...numbers })
  const soa = { name: zone, type: Type.SOA, class: Class.IN, ttl: 300, rdata }
  const begin = { zoneId: 7, zone, seq: 1, serial: numbers.serial, hash: new Uint8Array(32).fill(9) }
  const rule = 'grant 127.0.0.1 zonesub ANY'

  it('has a valid chain and messages that ask for what was done, and leaves the zone as it was', () => {
    const past = new MadePast({ ...begin, soa, rule })
    const events = eventsIn(past.rows(4, 1_700_000_000_000))
    let end: Parameters<typeof linkFaults>[0] = begin
    const there = new Set<string>()
    for (const event of events) {
      assert.deepEqual(linkFaults(end, begin.zoneId, event), [])
      const diff = decodeDiff(event.diff)
      const message = decodeMessage(event.message)
      assert.ok(diff.ok && message.ok)
      const { removed, added, oldSoa, newSoa } = diff.value
      assert.equal(serialOf(oldSoa!.rdata), event.serialBefore)
      assert.equal(serialOf(newSoa.rdata), event.serialAfter)
      for (const { name } of removed) assert.ok(there.delete(name))
      for (const { name } of added) there.add(name)
      assert.deepEqual(
        message.value.authorities.map(({ name }) => name),
        [...removed, ...added].map(({ name }) => name),
      )
      end = { seq: event.seq, serial: event.serialAfter, hash: event.hash }
    }
    assert.deepEqual([...there], [])
    const { seq, serial, hash } = past.at
    assert.deepEqual({ seq, serial, hash: Buffer.from(hash) }, { ...end, hash: Buffer.from(end.hash) })
    assert.equal(new Set(events.map(({ commandId }) => commandId)).size, 4)
  })
})

function eventsIn(rows: Uint8Array): ZoneEvent[] {
  const columns = PAST_COLUMNS.split(', ')
  const read = new BinaryRows(Buffer.concat([COPY_HEAD, rows, Buffer.from([0xff, 0xff])]), columns.length)
  const at = (name: string) => columns.indexOf(name)
  const text = (name: string) => read.text(at(name))
  const events: ZoneEvent[] = []
  while (read.next())
    events.push({
      ...{ zoneId: read.int64(at('zone_id')), seq: read.int64(at('seq')), kind: kindOf(text('kind')) },
      ...{ commandId: read.uuid(at('command_id')), fingerprint: read.octets(at('fingerprint')) },
      ...{ receivedAt: read.time(at('received_at')), queuedAt: read.time(at('queued_at')) },
      ...{ decidedAt: read.time(at('decided_at')), identity: 'unsigned', rcode: Rcode.NOERROR },
      ...{ source: { address: text('source_address'), port: read.int32(at('source_port')) } },
      ...{ transport: 'udp', edgeId: text('edge_id'), message: read.octets(at('message')) },
      ...{ section: text('section'), reason: text('reason'), detail: text('detail'), rule: text('rule') },
      ...{ serialBefore: read.int64(at('serial_before')), serialAfter: read.int64(at('serial_after')) },
      ...{ diff: read.octets(at('diff')), previousHash: read.octets(at('previous_hash')) },
      hash: read.octets(at('hash')),
    })
  return events
}
