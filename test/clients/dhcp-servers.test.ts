import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import {
  type ClientKey,
  type ClientSystem,
  createClientKey,
  knowsZones,
  startClientSystem,
} from '../support/client-system.ts'
import { digAnswers, digShort } from '../support/dig.ts'
import { historyIsWhole } from '../support/history.ts'
import { python } from '../support/python.ts'

// Kea's D2 (RFC 4703) takes an rcode for what it says: each of them decides what it does next.

const FORWARD = 'example.com'
const REVERSE = '2.0.192.in-addr.arpa'
const LAPTOP = 'AAIBY2/AuCccgoJbsaxcQc9TUapptP69lOjxfNuVAA2kjEA='
const INTRUDER = 'AAEBOSD+XR3Os/0LozeXVqcNc7FwCfQdWL3b/NaiUDlW2No='
const HOST = `laptop.${FORWARD}.`
const POINTER = `7.${REVERSE}.`

let clients: ClientSystem
let key: ClientKey
let forwardId: number

before(async () => {
  clients = await startClientSystem()
  key = await createClientKey(clients.api, 'kea')
  forwardId = (await clients.api.createZone(FORWARD, { allowUpdate: ['kea'] })).id
  await clients.api.createZone(REVERSE, { allowUpdate: ['kea'] })
  await knowsZones(clients.edge, 2)
})
after(() => clients?.system.close())

type Step = readonly [operation: string, arguments_: readonly string[]]
const kea = (...steps: Step[]) => python<string[][]>('kea_d2.py', { ...clients.server, key, steps })

describe('Kea D2', () => {
  it('takes a free name', async () => {
    assert.deepEqual(await kea(['add_forward', [FORWARD, HOST, '192.0.2.7', LAPTOP]]), [['NOERROR']])
    assert.deepEqual(await digAnswers(clients.server, [`${HOST} A`, `${HOST} DHCID`]), [
      `${HOST} 1200 IN A 192.0.2.7`,
      `${HOST} 1200 IN DHCID ${LAPTOP}`,
    ])
  })

  it('renews it with another address: YXDOMAIN, then the same client is known by its DHCID', async () => {
    const renewed = await kea(['add_forward', [FORWARD, HOST, '192.0.2.8', LAPTOP]])
    assert.deepEqual(renewed, [['YXDOMAIN', 'NOERROR']])
    assert.deepEqual(await digShort(clients.server, HOST, 'A'), ['192.0.2.8'])
  })

  it('renews it with the same address: nothing changes, the serial stays', async () => {
    const serial = await digShort(clients.server, FORWARD, 'SOA')
    const renewed = await kea(['add_forward', [FORWARD, HOST, '192.0.2.8', LAPTOP]])
    assert.deepEqual(renewed, [['YXDOMAIN', 'NOERROR']])
    assert.deepEqual(await digShort(clients.server, FORWARD, 'SOA'), serial)
  })

  it('adds the IPv6 address of the same client', async () => {
    const added = await kea(['add_forward', [FORWARD, HOST, '2001:db8::8', LAPTOP, 'AAAA']])
    assert.deepEqual(added, [['YXDOMAIN', 'NOERROR']])
    assert.deepEqual(await digShort(clients.server, HOST, 'A'), ['192.0.2.8'])
    assert.deepEqual(await digShort(clients.server, HOST, 'AAAA'), ['2001:db8::8'])
  })

  it('does not get the name of another client: NXRRSET', async () => {
    const [taken, removed] = await kea(
      ['add_forward', [FORWARD, HOST, '192.0.2.66', INTRUDER]],
      ['remove_forward', [FORWARD, HOST, '192.0.2.8', INTRUDER]],
    )
    assert.deepEqual(taken, ['YXDOMAIN', 'NXRRSET'])
    // §3.2: required values are compared last, so the second message first meets the address
    assert.deepEqual(removed, ['NXRRSET', 'YXRRSET'])
    assert.deepEqual(await digShort(clients.server, HOST, 'A'), ['192.0.2.8'])
  })

  it('keeps the name while an address is left, and frees it with the last: NXRRSET, then NOERROR', async () => {
    const removals = await kea(
      ['remove_forward', [FORWARD, HOST, '192.0.2.8', LAPTOP]],
      ['remove_forward', [FORWARD, HOST, '2001:db8::8', LAPTOP, 'AAAA']],
      ['remove_forward', [FORWARD, HOST, '192.0.2.8', LAPTOP]],
    )
    assert.deepEqual(removals, [
      ['NOERROR', 'YXRRSET'],
      ['NOERROR', 'NOERROR'],
      ['NXRRSET', 'NXRRSET'],
    ])
    assert.deepEqual(await digAnswers(clients.server, [`${HOST} ANY`], '+tcp'), [])
  })

  it('sets and removes the pointer', async () => {
    const [first, second] = await kea(
      ['add_reverse', [REVERSE, POINTER, HOST, LAPTOP]],
      ['add_reverse', [REVERSE, POINTER, HOST, LAPTOP]],
    )
    assert.deepEqual([first, second], [['NOERROR'], ['NOERROR']])
    assert.deepEqual(await digShort(clients.server, POINTER, 'PTR'), [HOST])
    const removals = await kea(
      ['remove_reverse', [REVERSE, POINTER, 'other.example.com.']],
      ['remove_reverse', [REVERSE, POINTER, HOST]],
      ['remove_reverse', [REVERSE, POINTER, HOST]],
    )
    assert.deepEqual(removals, [['NXRRSET'], ['NOERROR'], ['NXRRSET']])
    assert.deepEqual(await digShort(clients.server, POINTER, 'PTR'), [])
  })

  it('P2: signs a re-send anew and gets the first outcome; there is one event', async () => {
    const before = await historyIsWhole(clients.system, forwardId)
    const name = `impatient.${FORWARD}.`
    assert.deepEqual(await kea(['impatient', [FORWARD, name, '192.0.2.9']]), [
      ['NOERROR', 'NOERROR', 'NOERROR'],
    ])
    assert.equal((await historyIsWhole(clients.system, forwardId)).length, before.length + 1)
  })
})
