import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { lastLines, runCommand } from '../../services/local/run-command.ts'
import { nameOf } from '../../shared/dns/name.ts'
import { TestAuthority } from '../support/certificates.ts'
import {
  type ClientKey,
  type ClientSystem,
  createClientKey,
  knowsZones,
  startClientSystem,
} from '../support/client-system.ts'
import { digShort } from '../support/dig.ts'
import { historyIsWhole } from '../support/history.ts'
import { freePort } from '../support/infrastructure.ts'
import { nsupdate } from '../support/nsupdate.ts'
import { toolPath } from '../support/programs.ts'
import { endWithUs, temporaryFolder } from '../support/temporary.ts'
import { until } from '../support/until.ts'

const ZONE = 'example.com.'

const readPage = (page: string) =>
  readFileSync(fileURLToPath(new URL(`../../docs/clients/${page}`, import.meta.url)), 'utf8')

/** The first block of a page with these words. */
const documented = (page: string, words: string) => {
  const blocks = [...readPage(page).matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, text]) => text!)
  const block = blocks.find((text) => text.includes(words))
  assert.ok(block, words)
  return block
}

describe('lego gets a certificate for a name and its wildcard from Pebble, over HTTP updates', () => {
  let clients: ClientSystem
  let key: ClientKey
  let zoneId: number
  let directory: string
  let authority: TestAuthority
  let stopPebble: () => void = () => {}

  before(async () => {
    clients = await startClientSystem()
    key = await createClientKey(clients.api, 'acme')
    zoneId = (await clients.api.createZone(ZONE)).id
    await clients.api.post(`/v1/zones/${ZONE}/rules`, { rules: ['grant acme subdomain example.com. TXT(4)'] })
    await knowsZones(clients.edge, 1)
    authority = await TestAuthority.make()
    directory = await startPebble()
  })
  after(async () => {
    stopPebble()
    await clients?.system.close()
  })

  /** An ACME server that asks our edge; gives the URL of its directory. */
  async function startPebble(): Promise<string> {
    const { cert, key: privateKey } = await authority.sign('localhost')
    const [port, management, http, tls] = [
      await freePort(),
      await freePort(),
      await freePort(),
      await freePort(),
    ]
    const pebble = {
      listenAddress: `127.0.0.1:${port}`,
      managementListenAddress: `127.0.0.1:${management}`,
      certificate: cert,
      privateKey,
      httpPort: http,
      tlsPort: tls,
      ocspResponderURL: '',
      externalAccountBindingRequired: false,
    }
    const file = join(temporaryFolder('pebble'), 'config.json')
    await writeFile(file, JSON.stringify({ pebble }))
    const { host, port: dns } = clients.server
    const child = spawn(toolPath('pebble'), ['-config', file, '-dnsserver', `${host}:${dns}`], {
      env: { PATH: process.env.PATH, PEBBLE_VA_NOSLEEP: '1', PEBBLE_WFE_NONCEREJECT: '0' },
      stdio: 'ignore',
      detached: true,
    })
    endWithUs(child.pid!)
    stopPebble = () => child.kill('SIGKILL')
    const url = `https://localhost:${port}/dir`
    await until('Pebble listens', async () => {
      const run = await runCommand('curl', ['-sf', '--cacert', authority.ca, url])
      return run.status === 0
    })
    return url
  }

  /** Runs the documented commands, with this machine's addresses and Pebble in place of the public ones. */
  async function lego(block: string, replaced: Readonly<Record<string, string>>): Promise<string> {
    const folder = temporaryFolder('lego')
    const { host, port } = clients.server
    const own = `--server ${directory} --path ${folder} --dns.resolvers ${host}:${port} --dns.disable-cp`
    let script = block.replace(/^lego /m, `${toolPath('lego')} ${own} `)
    for (const [given, ours] of Object.entries(replaced)) script = script.replaceAll(given, ours)
    const run = await runCommand('sh', ['-e', '-c', script], {
      timeoutMs: 120_000,
      env: { PATH: process.env.PATH, LEGO_CA_CERTIFICATES: authority.ca, HOME: folder },
    })
    assert.equal(run.status, 0, lastLines(run, 20))
    return await readCertificate(folder)
  }

  async function readCertificate(folder: string): Promise<string> {
    const file = join(folder, 'certificates', 'www.example.com.crt')
    const run = await runCommand('openssl', ['x509', '-in', file, '-noout', '-ext', 'subjectAltName'])
    assert.equal(run.status, 0, lastLines(run))
    return run.stdout
  }

  it('by httpreq: both values stand at one name at once, and nothing is left behind', async () => {
    const names = await lego(documented('lego-httpreq.md', '--dns httpreq'), {
      'https://edge.example.net': `http://127.0.0.1:${clients.edge.httpPort}`,
      SECRET: key.secret,
    })
    for (const name of ['DNS:www.example.com', 'DNS:*.www.example.com'])
      assert.ok(names.includes(name), names)
    assert.deepEqual(await digShort(clients.server, '_acme-challenge.www.example.com', 'TXT'), [])
    const events = (await historyIsWhole(clients.system, zoneId, nameOf(ZONE))).filter(
      ({ kind }) => kind === 'update',
    )
    assert.equal(events.length, 4)
    for (const event of events) assert.deepEqual([event.identity, event.transport], ['key:acme.', 'http'])
  })

  it('as a client of acme-dns: the challenge is delegated to a name of which a token may change nothing else', async () => {
    const { api, server, edge } = clients
    const account = 'c36f50e8-4632-44f0-83fe-e070fef28a10'
    const host = `${account}.auth.example.com`
    const created = (await api.post('/v1/keys/acme/update-tokens', { name: 'www', hosts: [host] })) as {
      token: string
    }
    const delegation = `zone ${ZONE}\nupdate add _acme-challenge.www.${ZONE} 60 CNAME ${host}.`
    await api.post(`/v1/zones/${ZONE}/rules`, { rules: ['grant ip:127.0.0.0/8 zonesub CNAME'] })
    await until('the delegation is taken', async () => (await nsupdate(server, delegation)).status === 0)
    const hook = join(temporaryFolder('acme-dns'), 'hook')
    const script = documented('acme-dns.md', '#!/bin/sh').replace('TOKEN', created.token)
    await writeFile(hook, script.replace('https://edge.example.net', `http://127.0.0.1:${edge.httpPort}`), {
      mode: 0o700,
    })
    const names = await lego(documented('acme-dns.md', '--dns exec'), { '/etc/lego/acme-dns-hook': hook })
    assert.ok(names.includes('DNS:*.www.example.com'), names)
    assert.equal((await digShort(server, `${host}.`, 'TXT')).length, 2)
    const events = await historyIsWhole(clients.system, zoneId, nameOf(ZONE))
    assert.equal(events.at(-1)?.identity, 'key:acme.')
  })
})
