import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { ANYBODY_HERE, type ClientSystem, knowsZones, startClientSystem } from '../support/client-system.ts'
import { dig, headerOf } from '../support/dig.ts'
import { nsupdate } from '../support/nsupdate.ts'

// What dig is told for whatever it asks.

const ZONE = 'queries.example'
let clients: ClientSystem
before(async () => {
  clients = await startClientSystem()
  await clients.api.createZone(ZONE, { allowUpdate: ANYBODY_HERE })
  await knowsZones(clients.edge, 1)
  const strings = Array.from(
    { length: 40 },
    (_, index) => `update add big.${ZONE} 60 TXT "${index} ${'x'.repeat(40)}"`,
  )
  const commands = `zone ${ZONE}\n${strings.join('\n')}\nupdate add host.${ZONE} 60 A 192.0.2.1`
  assert.deepEqual(await nsupdate(clients.server, commands), { status: 0, output: '' })
})
after(() => clients?.system.close())

const header = async (...args: string[]) => headerOf(await dig(clients.server, ...args))

describe('answers', () => {
  it('are authoritative and never recursive', async () => {
    assert.deepEqual((await header(`host.${ZONE}`, 'A')).flags, ['qr', 'aa', 'rd'])
    assert.deepEqual((await header('+norec', `host.${ZONE}`, 'A')).flags, ['qr', 'aa'])
  })

  it('deny with the SOA: NXDOMAIN where nothing is, NOERROR where another type is', async () => {
    for (const [name, type, status] of [
      [`nothing.${ZONE}`, 'A', 'NXDOMAIN'],
      [`host.${ZONE}`, 'AAAA', 'NOERROR'],
    ] as const) {
      const output = await dig(clients.server, name, type)
      const { answers, authorities, ...rest } = headerOf(output)
      assert.deepEqual([rest.status, answers, authorities], [status, 0, 1])
      assert.match(output, /^queries\.example\.\s+\d+\s+IN\s+SOA\s/m)
    }
  })

  it('are REFUSED for what is not ours, and for a transfer', async () => {
    assert.equal((await header('www.example.net', 'A')).status, 'REFUSED')
    assert.match(await dig(clients.server, ZONE, 'AXFR'), /Transfer failed/)
  })

  it('are REFUSED for other classes than IN', async () => {
    assert.equal((await header('-c', 'CH', 'version.bind', 'TXT')).status, 'REFUSED')
    assert.equal((await header('-c', 'CH', ZONE, 'SOA')).status, 'REFUSED')
  })

  it('come over TCP as over UDP, also several on one connection', async () => {
    assert.equal((await header('+tcp', `host.${ZONE}`, 'A')).answers, 1)
    const twice = await dig(clients.server, '+tcp', '+keepopen', `host.${ZONE}`, 'A', `host.${ZONE}`, 'A')
    assert.equal(twice.match(/status: NOERROR/g)?.length, 2)
  })

  it('too big for a datagram are cut and fetched over TCP', async () => {
    const cut = headerOf(await dig(clients.server, '+ignore', '+noedns', `big.${ZONE}`, 'TXT'))
    assert.ok(cut.flags.includes('tc'))
    const whole = await dig(clients.server, `big.${ZONE}`, 'TXT')
    assert.match(whole, /Truncated, retrying in TCP mode/)
    assert.equal(headerOf(whole).answers, 40)
  })

  it('keep to the size that EDNS offers, and to 1232', async () => {
    for (const [size, limit] of [
      [512, 512],
      [1000, 1000],
      [1232, 1232],
      [4096, 1232],
    ] as const) {
      const output = await dig(clients.server, '+ignore', `+bufsize=${size}`, `big.${ZONE}`, 'TXT')
      const [, octets] = /MSG SIZE\s+rcvd: (\d+)/.exec(output)!
      assert.ok(Number(octets) <= limit, `${octets} octets for ${size}`)
      assert.ok(headerOf(output).flags.includes('tc'))
    }
  })

  it('speak EDNS version 0: BADVERS for others, unknown options and flags are passed over', async () => {
    assert.equal((await header('+edns=1', '+noednsneg', ZONE, 'SOA')).status, 'BADVERS')
    for (const option of [
      '+ednsopt=65001:00ff',
      '+nsid',
      '+cookie',
      '+subnet=192.0.2.0/24',
      '+ednsflags=0x0001',
      '+dnssec',
    ])
      assert.equal((await header(option, ZONE, 'SOA')).answers, 1, option)
    assert.doesNotMatch(await dig(clients.server, '+noedns', ZONE, 'SOA'), /OPT PSEUDOSECTION/)
  })
})

describe('other opcodes', () => {
  for (const opcode of ['IQUERY', 'STATUS', '3', '6', '15'])
    for (const transport of ['+notcp', '+tcp'])
      it(`${opcode} is NOTIMP, ${transport}`, async () =>
        assert.equal((await header(`+opcode=${opcode}`, transport, ZONE, 'SOA')).status, 'NOTIMP'))

  it('NOTIFY is answered in peace for a zone of ours (RFC 1996 §3.11), and NOTAUTH for others', async () => {
    assert.equal((await header('+opcode=NOTIFY', ZONE, 'SOA')).status, 'NOERROR')
    assert.equal((await header('+opcode=NOTIFY', 'elsewhere.invalid', 'SOA')).status, 'NOTAUTH')
  })

  it('UPDATE from dig is an update that changes nothing', async () => {
    const { opcode, status } = await header('+opcode=UPDATE', '+noedns', '+norec', ZONE, 'SOA')
    assert.deepEqual([opcode, status], ['UPDATE', 'NOERROR'])
  })
})
