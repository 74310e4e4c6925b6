import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { ResourceRecord } from '../../shared/dns/record.ts'
import { parseZoneFile } from '../../shared/dns/zone-file.ts'
import { BindServer } from '../support/bind.ts'
import { ANYBODY_HERE, knowsZones } from '../support/client-system.ts'
import { DnsClient, newId } from '../support/dns-client.ts'
import { TestSystem } from '../support/system.ts'
import { transfer } from '../support/transfer.ts'
import { KnotServer } from './knot-server.ts'
import { type Outcome, RULES, RULES_ZONE, RULES_ZONE_FILE } from './rules.ts'
import { comparable } from './side-by-side.ts'

/** One of the three, as the rules see it. */
interface Server {
  readonly client: DnsClient
  records(): Promise<ResourceRecord[]>
  stop(): Promise<void>
}

/** What a server that says nothing is given. */
const SILENCE_MS = 1_000

async function start(name: 'us' | 'bind' | 'knot'): Promise<Server> {
  if (name === 'us') return await startOurs()
  const { withZones } = name === 'bind' ? BindServer : KnotServer
  const server = await withZones([RULES_ZONE], RULES_ZONE_FILE)
  return {
    client: await DnsClient.to(server.address.port),
    records: () => transfer(server.address, RULES_ZONE),
    stop: () => server.stop(),
  }
}

async function startOurs(): Promise<Server> {
  const { system, api, edge } = await TestSystem.start()
  await api.createZone(RULES_ZONE, { file: RULES_ZONE_FILE, allowUpdate: ANYBODY_HERE })
  await knowsZones(edge, 1)
  return {
    client: await DnsClient.to(edge.port),
    records: async () => {
      const parsed = parseZoneFile(await api.export(RULES_ZONE), { origin: RULES_ZONE })
      assert.ok(parsed.ok)
      return parsed.records
    },
    stop: () => system.close(),
  }
}

describe('RFC 2136 in zonelog, BIND and Knot', () => {
  for (const name of ['us', 'bind', 'knot'] as const) {
    describe(name, () => {
      let server: Server
      let now: string
      before(async () => {
        server = await start(name)
        now = await contents()
      })
      after(async () => {
        server?.client.close()
        await server?.stop()
      })
      const contents = async () => (await server.records()).map(comparable).sort().join('\n')

      async function outcomeOf(octets: Uint8Array, expected: Outcome): Promise<string> {
        const message = Buffer.from(octets)
        message.writeUInt16BE(newId(), 0)
        const rcode = await server.client.rcode(message, expected === 'silence' ? SILENCE_MS : undefined)
        const before = now
        now = await contents()
        if (rcode === 'NOERROR') return now === before ? 'unchanged' : 'changed'
        assert.equal(now, before, 'refused, yet changed')
        return rcode
      }

      for (const rule of RULES) {
        const expected = rule[name] ?? rule.us
        if (expected === 'dies') continue
        it(`as the table says: §${rule.section} ${rule.rule} ${expected}`, async () =>
          assert.equal(await outcomeOf(rule.message, expected), expected))
      }
    })
  }
})
