import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { headers } from 'nats'
import { newCommandId } from '../../shared/command-id.ts'
import type { UpdateCommand } from '../../shared/commands.ts'
import { nameOf } from '../../shared/dns/name.ts'
import { UnreadablePayload } from '../../shared/events/binary.ts'
import { commandHeaders, readCommand, traceparentOf } from '../../shared/messaging/command-codec.ts'

const command: UpdateCommand = {
  id: newCommandId(1_764_000_000_000),
  zoneId: 7,
  zone: nameOf('a\\032b.example.'),
  fingerprint: Buffer.alloc(32, 0xab),
  edgeId: 'edge-1',
  identity: 'api:a token with spaces',
  source: { address: 'fe80::1%eth0', port: 53 },
  transport: 'tcp',
  receivedAt: 1_764_000_000_000,
  deadline: 1_764_000_005_000,
  message: Uint8Array.of(1, 2, 3),
}

describe('the headers of a command', () => {
  it('hold everything that the edge alone knows', () => {
    assert.deepEqual(readCommand(commandHeaders(command), command.message), command)
  })

  it('are in one line each, whatever a field holds', () => {
    const end = '\r\nNats-Msg-Id: another'
    for (const wrong of [
      { id: `${command.id}${end}` },
      { edgeId: `e${end}` },
      { identity: `key:k${end}` as const },
    ])
      assert.throws(() => commandHeaders({ ...command, ...wrong }), RangeError)
    assert.throws(() => commandHeaders(command, end), RangeError)
  })

  it('are read as edges wrote them before the first release', () => {
    const header = headers()
    const fields = {
      'Zonelog-Version': '1',
      'Nats-Msg-Id': command.id,
      'Zonelog-Zone': `${command.zoneId} ${command.zone}`,
      'Zonelog-Fingerprint': Buffer.from(command.fingerprint).toString('hex'),
      'Zonelog-Edge': command.edgeId,
      'Zonelog-Identity': command.identity,
      'Zonelog-Source': `${command.source.address} ${command.source.port}`,
      'Zonelog-Transport': command.transport,
      'Zonelog-Received-At': String(command.receivedAt),
      'Zonelog-Deadline': String(command.deadline),
    }
    for (const [name, value] of Object.entries(fields)) header.set(name, value)
    assert.deepEqual(readCommand(header, command.message), command)
  })

  it('are refused with moments and ids that nothing could store', () => {
    for (const wrong of [
      { receivedAt: 2 ** 52 },
      { deadline: 2 ** 52 },
      { id: '-'.repeat(36) },
      { id: command.id.replace('-', '0') },
    ])
      assert.throws(
        () => readCommand(commandHeaders({ ...command, ...wrong }), command.message),
        UnreadablePayload,
      )
  })

  it('lead to the trace of the update where there is one, beside what a program reads that knows nothing of traces', () => {
    const traceparent = '00-abcdef0123456789abcdef0123456789-0123456789abcdef-01'
    const traced = commandHeaders(command, traceparent)
    assert.equal(traceparentOf(traced), traceparent)
    assert.deepEqual(readCommand(traced, command.message), command)
    assert.equal(traced.get('Zonelog-Command'), commandHeaders(command).get('Zonelog-Command'))
    assert.equal(traceparentOf(commandHeaders(command)), undefined)
  })

  it('are no reason to refuse a command, whatever they say of a trace', () => {
    for (const wrong of ['00-abc-def-01', `01-${'a'.repeat(32)}-${'b'.repeat(16)}-01`, 'x'.repeat(10_000)]) {
      const header = commandHeaders(command, wrong)
      assert.equal(traceparentOf(header), undefined)
      assert.deepEqual(readCommand(header, command.message), command)
    }
  })

  it('of another version, cut, or missing are refused', () => {
    const line = commandHeaders(command).get('Zonelog-Command')
    for (const wrong of [line.replace(/^2/, '3'), line.slice(0, 40), line.replace('tcp', 'sctp'), '2', 'x']) {
      const header = headers()
      header.set('Nats-Msg-Id', command.id)
      header.set('Zonelog-Command', wrong)
      assert.throws(() => readCommand(header, command.message), UnreadablePayload, wrong)
    }
    assert.throws(() => readCommand(undefined, command.message), UnreadablePayload)
    assert.throws(() => readCommand(headers(), command.message), UnreadablePayload)
  })
})
