import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import {
  ANYBODY_HERE,
  type ClientKey,
  type ClientSystem,
  createClientKey,
  knowsZones,
  startClientSystem,
} from '../support/client-system.ts'
import { digAnswers } from '../support/dig.ts'
import { type ClientRun, knsupdate, nsupdate, type ServerAddress } from '../support/nsupdate.ts'

// Each form of RFC 2136 §2.4 and §2.5, as nsupdate sends it, over each transport and with each kind of signature.

let clients: ClientSystem
let sha256: ClientKey
let sha512: ClientKey

before(async () => {
  clients = await startClientSystem()
  sha256 = await createClientKey(clients.api, 'laptop.keys.example')
  sha512 = await createClientKey(clients.api, 'server.keys.example', 'hmac-sha512')
  await clients.api.createZone('open.example', { allowUpdate: ANYBODY_HERE })
  await clients.api.createZone('keyed.example', { allowUpdate: [sha256.name, sha512.name] })
  await knowsZones(clients.edge, 2)
})
after(() => clients?.system.close())

interface Sender {
  readonly title: string
  readonly zone: 'open.example' | 'keyed.example'
  readonly args: () => string[]
  readonly over?: 'IPv6'
  readonly program?: typeof knsupdate
}

const SENDERS: readonly Sender[] = [
  { title: 'nsupdate, unsigned, UDP', zone: 'open.example', args: () => [] },
  { title: 'nsupdate, unsigned, TCP', zone: 'open.example', args: () => ['-v'] },
  { title: 'nsupdate, unsigned, UDP, IPv6', zone: 'open.example', args: () => [], over: 'IPv6' },
  {
    title: 'nsupdate, key file of hmac-sha256, UDP',
    zone: 'keyed.example',
    args: () => ['-k', sha256.file],
  },
  {
    title: 'nsupdate, key file of hmac-sha512, TCP',
    zone: 'keyed.example',
    args: () => ['-v', '-k', sha512.file],
  },
  {
    title: 'nsupdate, -y with hmac-sha512, UDP, IPv6',
    zone: 'keyed.example',
    args: () => ['-y', sha512.option],
    over: 'IPv6',
  },
  {
    title: 'nsupdate, -y with hmac-sha256, TCP, IPv6',
    zone: 'keyed.example',
    args: () => ['-v', '-y', sha256.option],
    over: 'IPv6',
  },
  { title: 'knsupdate, unsigned, UDP', zone: 'open.example', args: () => [], program: knsupdate },
  {
    title: 'knsupdate, hmac-sha256, TCP',
    zone: 'keyed.example',
    args: () => ['-v', '-y', sha256.option],
    program: knsupdate,
  },
  {
    title: 'knsupdate, hmac-sha512, UDP',
    zone: 'keyed.example',
    args: () => ['-y', sha512.option],
    program: knsupdate,
  },
]

let hosts = 0
const ACCEPTED: ClientRun = { status: 0, output: '' }

for (const { title, zone, args, over, program = nsupdate } of SENDERS)
  describe(title, () => {
    const server = (): ServerAddress => (over === 'IPv6' ? clients.server6! : clients.server)
    const send = (...messages: string[]) =>
      program(server(), `zone ${zone}\n${messages.join('\nsend\n')}`, ...args())
    const accepts = async (...messages: string[]) => assert.deepEqual(await send(...messages), ACCEPTED)
    const newHost = () => `h${++hosts}.${zone}`
    const unlessAbsent = async (t: { skip(why: string): void }, test: () => Promise<void>) => {
      if (over === 'IPv6' && clients.server6 === undefined) t.skip('this machine has no IPv6')
      else await test()
    }
    /** What dig reads at once from the same edge, the name left out. */
    const recordsOf = async (host: string) => {
      const lines = await digAnswers(server(), [`${host} A`, `${host} AAAA`, `${host} TXT`])
      return lines.map((line) => line.replace(`${host}. `, ''))
    }

    it('adds values, and deletes one value, a set, a name (§2.5)', (t) =>
      unlessAbsent(t, async () => {
        const host = newHost()
        await accepts(`update add ${host} 300 A 192.0.2.1
          update add ${host} 300 A 192.0.2.2
          update add ${host} 300 AAAA 2001:db8::1
          update add ${host} 300 TXT "first" "second"`)
        const rest = ['300 IN AAAA 2001:db8::1', '300 IN TXT "first" "second"']
        assert.deepEqual(await recordsOf(host), ['300 IN A 192.0.2.1', '300 IN A 192.0.2.2', ...rest])
        await accepts(`update delete ${host} A 192.0.2.1`)
        assert.deepEqual(await recordsOf(host), ['300 IN A 192.0.2.2', ...rest])
        await accepts(`update delete ${host} A`)
        assert.deepEqual(await recordsOf(host), rest)
        await accepts(`update delete ${host}`)
        assert.deepEqual(await recordsOf(host), [])
      }))

    it('replaces a set in one message, again and again', (t) =>
      unlessAbsent(t, async () => {
        const host = newHost()
        const addresses = ['192.0.2.7', '192.0.2.8', '192.0.2.9']
        await accepts(
          ...addresses.map((address) => `update delete ${host} A\nupdate add ${host} 60 A ${address}`),
        )
        assert.deepEqual(await recordsOf(host), ['60 IN A 192.0.2.9'])
      }))

    it('is told which prerequisite is not met (§2.4)', (t) =>
      unlessAbsent(t, async () => {
        const [used, free, marker] = [newHost(), newHost(), newHost()]
        await accepts(`update add ${used} 60 A 192.0.2.1\nupdate add ${used} 60 A 192.0.2.2`)
        const cases = [
          { met: `nxdomain ${free}`, unmet: `nxdomain ${used}`, rcode: 'YXDOMAIN' },
          { met: `yxdomain ${used}`, unmet: `yxdomain ${free}`, rcode: 'NXDOMAIN' },
          { met: `nxrrset ${used} AAAA`, unmet: `nxrrset ${used} A`, rcode: 'YXRRSET' },
          { met: `yxrrset ${used} A`, unmet: `yxrrset ${used} AAAA`, rcode: 'NXRRSET' },
          {
            met: `yxrrset ${used} A 192.0.2.2\nprereq yxrrset ${used} A 192.0.2.1`,
            unmet: `yxrrset ${used} A 192.0.2.1`,
            rcode: 'NXRRSET',
          },
        ]
        const onlyIf = (prerequisite: string, address: string) =>
          `prereq ${prerequisite}\nupdate add ${marker} 60 A ${address}`
        await accepts(...cases.map(({ met }, index) => onlyIf(met, `192.0.2.${index}`)))
        const wanted = cases.map((_, index) => `60 IN A 192.0.2.${index}`)
        assert.deepEqual(await recordsOf(marker), wanted)

        for (const { unmet, rcode } of cases) {
          const { status, output } = await send(onlyIf(unmet, '192.0.2.99'))
          const [firstLine] = output.split('\n')
          assert.deepEqual({ status, output: firstLine }, failure(program, rcode), unmet)
        }
        assert.deepEqual(await recordsOf(marker), wanted)
      }))
  })

function failure(program: typeof nsupdate, rcode: string): ClientRun {
  return program === nsupdate
    ? { status: 2, output: `update failed: ${rcode}` }
    : { status: 1, output: `;; ERROR: update failed with error '${rcode}'` }
}
