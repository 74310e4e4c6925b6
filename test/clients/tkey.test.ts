import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { BindServer } from '../support/bind.ts'
import { ANYBODY_HERE, type ClientSystem, knowsZones, startClientSystem } from '../support/client-system.ts'
import { nsupdate } from '../support/nsupdate.ts'
import { python } from '../support/python.ts'

// RFC 2930 and RFC 3645: we speak no GSS-TSIG. Clients that try it first must hear so at once, and in the words that they know.

const ZONE = 'example.com'

type Outcomes = Record<string, unknown>

let clients: ClientSystem
let bind: BindServer

before(async () => {
  clients = await startClientSystem()
  await clients.api.createZone(ZONE, { allowUpdate: ANYBODY_HERE })
  await knowsZones(clients.edge, 1)
  bind = await BindServer.withZone(
    `${ZONE}.`,
    '$TTL 60\n@ SOA ns host 1 60 60 600 60\n@ NS ns\nns A 192.0.2.1\n',
  )
})
after(async () => {
  await bind?.stop()
  await clients?.system.close()
})

describe('RFC 2930 TKEY', () => {
  it('is refused as BIND does that has no GSS credentials, and an update under its context is BADKEY', async () => {
    const { server } = clients
    const [ours, theirs] = await python<Outcomes[]>('tkey.py', { ...server, servers: [server, bind.address] })
    assert.deepEqual(ours, theirs)
    assert.deepEqual(ours, {
      update: 'FORMERR',
      updateUnderContext: ['NOTAUTH', 17, '0000'],
      'among the additional records, over udp': 'REFUSED, 0 records',
      'among the additional records, over tcp': 'REFUSED, 0 records',
      'among the answers, over udp': 'REFUSED, 0 records',
      'among the answers, over tcp': 'REFUSED, 0 records',
      'of the older algorithm of Microsoft, over udp': 'REFUSED, 0 records',
      'of the older algorithm of Microsoft, over tcp': 'REFUSED, 0 records',
    })
  })

  it('does not stop what the same client sends unsigned or signed otherwise', async () => {
    const commands = `zone ${ZONE}\nupdate add after.${ZONE} 60 A 192.0.2.1`
    assert.deepEqual(await nsupdate(clients.server, commands), { status: 0, output: '' })
  })
})
