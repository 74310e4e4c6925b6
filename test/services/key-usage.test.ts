import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { KeyUsage } from '../../services/zone-writer/admin/keys/key-usage.ts'
import type { KeyDetails } from '../../services/zone-writer/admin/keys/list-keys.ts'
import { runCli } from '../cli/run-cli.ts'
import { DnsClient, keyOf, query, signed } from '../support/dns-client.ts'
import { TestSystem } from '../support/system.ts'
import { until } from '../support/until.ts'

// "Who still uses the old secret?", as an operator asks it after a rotation.

type Secret = { name: string; algorithm: string; secret: string; id: number }

describe('the use of a key', () => {
  let started: Awaited<ReturnType<typeof TestSystem.start>>
  let edges: DnsClient[]
  let [moved, late, liar]: DnsClient[] = []
  before(async () => {
    started = await TestSystem.start()
    const other = await started.system.edge()
    await started.api.createZone('keys.test')
    const client = (port: number, from: string) => DnsClient.to(port, from)
    // the first talks to two edges
    edges = await Promise.all([
      client(started.edge.port, '127.0.0.1'),
      client(other.port, '127.0.0.1'),
      client(other.port, '127.0.0.2'),
      client(started.edge.port, '127.0.0.3'),
      client(started.edge.port, '127.0.0.4'),
    ])
    ;[moved, , late, , liar] = edges
  })
  after(async () => {
    for (const edge of edges ?? []) edge.close()
    await started?.system.close()
  })

  const uses = async (client: DnsClient, key: Secret) =>
    await until('it is accepted', async () => {
      return (await client.rcode(signed(query('keys.test.', 'SOA'), keyOf(key)))) === 'NOERROR'
    })
  const usage = async (old = false) =>
    (await started.api.get(`/v1/keys/shared/usage${old ? '?old=true' : ''}`)) as KeyUsage
  const seen = async (count: number) =>
    await until(`${count} messages are reported`, async () => {
      const { uses: found } = await usage()
      return found.reduce((sum, use) => sum + use.count, 0) >= count
    })

  it('is told by secret and address, from all edges, leaves out what was signed in vain, and shows who has not moved to the new secret', async () => {
    const old = (await started.api.post('/v1/keys', { name: 'shared' })) as Secret
    for (const client of edges.slice(0, 4)) await uses(client, old)
    const young = (await started.api.post('/v1/keys/shared/rotate', {})) as Secret
    await uses(moved!, old)
    await uses(late!, old)
    await uses(moved!, young)
    // signed in vain
    const wrong = { ...young, secret: Buffer.alloc(32).toString('base64') }
    assert.equal(await liar!.rcode(signed(query('keys.test.', 'SOA'), keyOf(wrong))), 'NOTAUTH')
    await seen(7)

    const { uses: all, newest } = await usage()
    assert.equal(newest, young.id)
    assert.deepEqual(
      all.map(({ secret, state, source, count }) => [secret, state, source, count].join(' ')).sort(),
      [
        `${old.id} retiring 127.0.0.1 3`,
        `${old.id} retiring 127.0.0.2 2`,
        `${old.id} retiring 127.0.0.3 1`,
        `${young.id} active 127.0.0.1 1`,
      ],
    )
    // whoever has not sent since the rotation is not in question
    const { uses: still } = await usage(true)
    assert.deepEqual(
      still
        .map(({ source, usesNewestSince }) => `${source} ${usesNewestSince === null ? 'not yet' : 'moved'}`)
        .sort(),
      ['127.0.0.1 moved', '127.0.0.2 not yet'],
    )
    const { secrets } = (await started.api.get('/v1/keys/shared')) as KeyDetails
    for (const { lastUsedAt } of secrets) assert.ok(lastUsedAt !== null)
  })

  it('is shown by the command line', async () => {
    const environment = { ZONELOG_API_URL: started.api.url, ZONELOG_API_TOKEN: started.api.token }
    const { out } = await runCli(['key', 'usage', 'shared', '--old'], environment)
    assert.match(out, /127\.0\.0\.2 +\d+ retiring .* not yet/)
    assert.doesNotMatch(out, /127\.0\.0\.3/)
    assert.match(
      (await runCli(['key', 'list'], environment)).out,
      /shared\. .*\n +\d+: .* active, last used \d{4}-/,
    )
  })
})
