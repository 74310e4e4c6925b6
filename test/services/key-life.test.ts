import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { AdminApi } from '../support/admin-api.ts'
import { DnsClient, keyOf, query, signed } from '../support/dns-client.ts'
import { TestSystem } from '../support/system.ts'
import { until } from '../support/until.ts'

// What is done to a key is in force on every edge.

type Secret = { name: string; algorithm: string; secret: string; id: number }

describe('a key on two edges', () => {
  let system: TestSystem
  let api: AdminApi
  let writer: Awaited<ReturnType<TestSystem['writer']>>
  let edges: DnsClient[]
  before(async () => {
    system = await TestSystem.prepare()
    writer = await system.writer()
    api = system.api(writer)
    const ports = [(await system.edge()).port, (await system.edge()).port]
    await api.createZone('keys.test')
    edges = await Promise.all(ports.map((port) => DnsClient.to(port)))
  })
  after(async () => {
    for (const edge of edges ?? []) edge.close()
    await system?.close()
  })

  const create = async (name: string, more: object = {}) => {
    const key = (await api.post('/v1/keys', { name, ...more })) as Secret
    await acceptedBy(key)
    return key
  }
  const rotate = async (name: string, more: object = {}) =>
    (await api.post(`/v1/keys/${name}/rotate`, more)) as Secret
  const answer = async (edge: DnsClient, key: Secret) => {
    const got = await edge.send(signed(query('keys.test.', 'SOA'), keyOf(key)))
    return got === undefined ? 'silence' : [got.header.rcode, got.tsig?.error ?? 0].join(' ')
  }
  const all = async (key: Secret, wanted: string) =>
    (await Promise.all(edges.map((edge) => answer(edge, key)))).every((got) => got === wanted)
  const acceptedBy = (key: Secret) => until('both edges take it', () => all(key, '0 0'))
  const refusedBy = (key: Secret, error: 'BADSIG' | 'BADKEY') =>
    until(`both edges answer ${error}`, () => all(key, error === 'BADSIG' ? '9 16' : '9 17'))

  it('has both secrets live after a rotation, in either algorithm', async () => {
    const old = await create('both')
    const young = await rotate('both', { algorithm: 'hmac-sha512' })
    await acceptedBy(young)
    await acceptedBy(old)
  })

  it('loses the old secret at once with an overlap of 0', async () => {
    const old = await create('quick')
    const young = await rotate('quick', { overlapSeconds: 0 })
    await refusedBy(old, 'BADSIG')
    await acceptedBy(young)
  })

  it('loses one secret that is revoked, and keeps the other', async () => {
    const old = await create('partly')
    const young = await rotate('partly')
    await api.post('/v1/keys/partly/revoke', { secret: old.id })
    await refusedBy(old, 'BADSIG')
    await acceptedBy(young)
  })

  it('is refused once it is revoked, has expired or is deleted', async () => {
    const ends = {
      revoked: () => api.post('/v1/keys/revoked/revoke', { force: true }),
      expired: () => patch('expired', { expiresAt: 'now' }),
      deleted: () => api.fetch('/v1/keys/deleted', { method: 'DELETE' }),
    }
    for (const [name, end] of Object.entries(ends)) {
      const key = await create(name)
      await end()
      await refusedBy(key, 'BADKEY')
    }
  })

  it('is as it was when its deletion was refused', async () => {
    const key = await create('kept')
    await api.createZone('kept.test', { allowUpdate: ['kept'] })
    const refused = await api.fetch('/v1/keys/kept', { method: 'DELETE' })
    assert.equal(refused.status, 409)
    assert.match(await refused.text(), /kept\.test\. rule 1: grant kept/)
    await acceptedBy(key)
  })

  it('expires by the clock of each edge, also while no writer runs', async () => {
    const [guest, old] = [await create('guest'), await create('rotated')]
    const young = await rotate('rotated', { overlapSeconds: 2 })
    await patch('guest', { expiresAt: new Date(Date.now() + 4_000).toISOString() })
    await writer.close()
    await refusedBy(old, 'BADSIG')
    await refusedBy(guest, 'BADKEY')
    await acceptedBy(young)
  })

  async function patch(name: string, body: object): Promise<void> {
    const headers = { 'content-type': 'application/json' }
    const answer = await api.fetch(`/v1/keys/${name}`, {
      method: 'PATCH',
      headers,
      body: JSON.stringify(body),
    })
    assert.ok(answer.ok, await answer.text())
  }
})
