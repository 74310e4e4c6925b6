import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { lastLines, runCommand } from '../../services/local/run-command.ts'
import { HttpSystem } from '../edge/http/http-system.ts'
import { TestAuthority } from '../support/certificates.ts'
import { pageBlock } from '../support/client-page.ts'
import { freePort, temporaryFolder } from '../support/infrastructure.ts'
import { testPath, toolPath } from '../support/programs.ts'
import { until } from '../support/until.ts'

// What the pages of docs/clients show is run, by the programs that it is for, over TLS.

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
/** Without looking each time whether everything is installed. */
const ZONELOG = `${process.execPath} --disable-warning=ExperimentalWarning ${join(ROOT, 'cli/main.ts')}`
const folder = temporaryFolder('http-clients')

let http: HttpSystem
let port: number
let ca: string
let cert: { cert: string; key: string }
let authority: TestAuthority
let token: string
let environment: Record<string, string>

before(async () => {
  authority = await TestAuthority.make()
  cert = await authority.sign('update')
  ca = authority.ca
  port = await freePort()
  http = await HttpSystem.start([], [], {
    ZONELOG_TRUSTED_PROXIES: 'none',
    // of the programs, which run here
    ZONELOG_HTTP_UPDATE_ADDRESSES: 'any',
    ZONELOG_HTTPS_UPDATE_LISTEN: `127.0.0.1:${port}`,
    ZONELOG_EDGE_TLS_CERT: cert.cert,
    ZONELOG_EDGE_TLS_KEY: cert.key,
  })
  environment = {
    ...(process.env as Record<string, string>),
    PATH: testPath(),
    ZONELOG_API_URL: http.api.url,
    ZONELOG_API_TOKEN: http.api.token,
    CURL_CA_BUNDLE: ca,
  }
  await http.api.delete('/v1/keys/customers')
  await sh('dyndns2', 'setup')
  token = readFileSync(join(folder, 'home.token'), 'utf8').trim()
  await until('the edge knows zone and token', async () =>
    (await curl('-u', `home:${token}`, `https://127.0.0.1:${port}/?offline=YES`)).startsWith('nochg'),
  )
})
after(() => http?.close())

/** Runs a block as it stands, in the folder of this test. */
async function sh(page: string, word: string, own: Record<string, string> = {}): Promise<string> {
  const script = pageBlock(page, word, {
    'bin/zonelog': ZONELOG,
    'update.example.com': `127.0.0.1:${port}`,
    ...own,
  })
  const options = { env: { ...environment, TOKEN: token }, cwd: folder, timeoutMs: 60_000 }
  const run = await runCommand('sh', ['-e', '-c', script], options)
  assert.equal(run.status, 0, lastLines(run))
  return run.stdout
}

async function curl(...args: string[]): Promise<string> {
  const run = await runCommand(toolPath('curl'), ['-sS', ...args], { env: environment, timeoutMs: 30_000 })
  return run.stdout
}

const address = () => http.records('home.example.com', 'A')
const newest = async () => (await http.events('example.com'))[0]!
/** So that what comes next is a change. */
const forget = () => curl('-u', `home:${token}`, `https://127.0.0.1:${port}/nic/update?offline=YES`)

/** A configuration file that a page shows. */
function configuration(page: string, word: string, own: Record<string, string> = {}): string {
  const file = join(folder, `${page}-${word}.conf`)
  const text = pageBlock(page, word, {
    'update.example.com': `127.0.0.1:${port}`,
    TOKEN: token,
    ...own,
  })
  writeFileSync(file, text, { mode: 0o600 })
  return file
}

async function ddclient(file: string): Promise<string> {
  const run = await runCommand(
    toolPath('ddclient'),
    [
      '-daemon=0',
      '-force',
      '-foreground',
      '-noquiet',
      '-ssl_ca_file',
      ca,
      '-file',
      file,
      '-cache',
      `${file}.cache`,
      '-pid',
      `${file}.pid`,
    ],
    { env: environment, timeoutMs: 60_000 },
  )
  return run.stdout + run.stderr
}

async function inadyn(file: string): Promise<string> {
  // it takes no address of this machine for one of the Internet, and would then ask elsewhere
  const address = ['--cmd', 'echo 192.0.2.44', '--force']
  const args = ['--once', '--foreground', '--loglevel=info', `--config=${file}`, `--cache-dir=${folder}`]
  const all = [...args, ...address, `--pidfile=${file}.pid`]
  const run = await runCommand(toolPath('inadyn'), all, { timeoutMs: 60_000 })
  return run.stdout + run.stderr
}

describe('curl, as on the page of dyndns2', () => {
  it('sets an address by a token, and is told nochg the second time', async () => {
    assert.equal(await sh('dyndns2', 'curl'), 'good 192.0.2.1\n')
    assert.equal(await sh('dyndns2', 'curl'), 'nochg 192.0.2.1\n')
    assert.equal(await address(), '192.0.2.1')
    assert.deepEqual((await newest()).http, { form: 'dyndns2', token: 'home' })
  })

  it('does the other things that the page shows', async () =>
    assert.equal(
      await sh('dyndns2', 'more'),
      '127.0.0.1\ngood 192.0.2.1,2001:db8::1\ngood 2001:db8:1::1\ngood\n',
    ))
})

describe('ddclient', () => {
  it('sets the address by dyndns2', async () => {
    await forget()
    assert.match(
      await ddclient(configuration('ddclient', 'dyndns2')),
      /SUCCESS: .*IP address set to 127\.0\.0\.1/,
    )
    assert.equal(await address(), '127.0.0.1')
  })

  it('is told of a wrong password, and changes nothing', async () => {
    await forget()
    const said = await ddclient(configuration('ddclient', 'dyndns2', { [token]: 'wrong' }))
    assert.match(said, /FAILED:/)
    assert.equal(await address(), '')
  })

  it('sets the address as a client of No-IP', async () => {
    await forget()
    assert.match(await ddclient(configuration('no-ip', 'noip')), /SUCCESS: .*127\.0\.0\.1/)
    assert.equal(await address(), '127.0.0.1')
  })

  it('sets the address as a client of DuckDNS', async () => {
    await forget()
    assert.match(await ddclient(configuration('duckdns', 'ddclient')), /SUCCESS: .*127\.0\.0\.1/)
    assert.deepEqual((await newest()).http, { form: 'duckdns', token: 'home' })
    assert.equal(await address(), '127.0.0.1')
  })
})

describe('inadyn', () => {
  const trusting = (file: string) => {
    writeFileSync(file, `ca-trust-file = "${ca}"\n${readFileSync(file, 'utf8')}`)
    return file
  }

  it('sets the address', async () => {
    await forget()
    const said = await inadyn(trusting(configuration('inadyn', 'inadyn')))
    assert.match(said, /Successful alias table update for home\.example\.com/)
    assert.equal(await address(), '192.0.2.44')
  })

  it('takes a refusal for one', async () => {
    await forget()
    const file = configuration('inadyn', 'inadyn', {
      zonelog: 'other',
      'home.example.com': 'office.example.com',
    })
    assert.match(await inadyn(trusting(file)), /403|not OK|!yours/)
    assert.equal(await http.records('office.example.com', 'A'), '')
  })
})

describe('clients of DuckDNS and FreeDNS', () => {
  it('set the address as their page shows', async () => {
    await forget()
    assert.equal(await sh('duckdns', 'duckdns'), 'OK\n192.0.2.1\n\nUPDATEDOK')
    assert.equal(
      await sh('duckdns', 'freedns'),
      'Updated home.example.com to 192.0.2.2\nUpdated home.example.com to 192.0.2.3\n',
    )
    assert.equal(await address(), '192.0.2.3')
  })
})

describe('MikroTik', () => {
  it('may update by hmac-md5 with a key that was made for it', async () => {
    const setup = pageBlock('mikrotik', 'setup').replace(/^.*zone create.*\n/, '')
    const script = setup.replaceAll('bin/zonelog', ZONELOG)
    const made = await runCommand('sh', ['-e', '-c', script], {
      env: environment,
      cwd: folder,
      timeoutMs: 60_000,
    })
    assert.equal(made.status, 0, lastLines(made))
    await until('the edge knows the key and its rule', async () => {
      const own = { 'server ns1.example.com': `server 127.0.0.1 ${http.edge.port}` }
      const script = pageBlock('mikrotik', 'nsupdate', own)
      const sent = await runCommand('sh', ['-c', script], { env: environment, cwd: folder })
      return sent.status === 0
    })
    assert.equal(await http.records('office.example.com', 'A'), '192.0.2.1')
    assert.equal((await newest()).by, 'key:mikrotik.')
  })
})

describe('routers', () => {
  const ask = (url: string, headers: Record<string, string>) => {
    const { promise, resolve, reject } = Promise.withResolvers<string>()
    const basic = `Basic ${Buffer.from(`home:${token}`).toString('base64')}`
    const sent = request(
      url,
      { ca: readFileSync(ca), headers: { authorization: basic, ...headers } },
      (response) => {
        response.setEncoding('utf8').on('data', (text) => resolve(`${response.statusCode} ${text}`))
      },
    )
    sent.on('error', reject)
    sent.end()
    return promise
  }
  const fritz = (word: string, values: Record<string, string>) =>
    ask(pageBlock('fritzbox', word, { 'update.example.com': `127.0.0.1:${port}`, ...values }).trim(), {
      'user-agent': 'Fritz!Box DDNS/1.0.1',
    })

  it('of the kind FRITZ!Box set both families, one, or the prefix', async () => {
    const domain = { '<domain>': 'home.example.com' }
    const both = { ...domain, '<ipaddr>': '192.0.2.7', '<ip6addr>': '2001:db8:7::7' }
    assert.equal(await fritz('update-url', both), '200 good 192.0.2.7,2001:db8:7::7\n')
    const prefix = { ...domain, '<ipaddr>': '192.0.2.8', '<ip6lanprefix>': '2001:db8:8::/64' }
    assert.equal(await fritz('prefix-url', prefix), '200 good 192.0.2.8,2001:db8:8::7\n')
    const withoutIpv6 = { ...domain, '<ipaddr>': '192.0.2.8', '<ip6addr>': '' }
    assert.equal(await fritz('update-url', withoutIpv6), '200 good 192.0.2.8\n')
    assert.equal(await http.records('home.example.com', 'AAAA'), '')
  })

  it('of the kind OPNsense are told by the status', async () => {
    const credentials = Buffer.from(`home:${token}`).toString('base64')
    const octets = pageBlock('opnsense', 'request', { CREDENTIALS: credentials })
    const answer = await http.raw(
      `${octets.trim().replaceAll('\n', '\r\n').replace('keep-alive', 'close')}\r\n\r\n`,
    )
    assert.match(answer, /^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\n\r\ngood 192\.0\.2\.1\n$/)
  })

  // recorded by their owners: willswire/unifi-ddns#6 and #13, blackjid/inadyn-cloudflare#4, frillip/noip-rfc2136#4
  for (const [title, line] of [
    ['two slashes', 'GET //nic/update?hostname=home.example.com&myip=192.0.2.9 HTTP/1.0'],
    ['an escaped slash', 'GET /\\/nic/update?hostname=home.example.com&myip=192.0.2.9 HTTP/1.0'],
    ['an empty host name', 'GET /update?ip=192.0.2.9&hostname= HTTP/1.0'],
    ['no first slash', 'GET nic/update?hostname=home.example.com&myip=192.0.2.9 HTTP/1.0'],
  ] as const)
    it(`of the kind UniFi may send ${title}`, async () => {
      const basic = Buffer.from(`home:${token}`).toString('base64')
      const head = [line, 'Host: update.example.com', `Authorization: Basic ${basic}`]
      const answer = await http.raw([...head, 'User-Agent: inadyn/2.8.1', '', ''].join('\r\n'))
      assert.match(answer, /^HTTP\/1\.[01] 200 OK\r\n[\s\S]*\r\n\r\n(good|nochg) 192\.0\.2\.9\n$/)
    })

  it('of the kind UniFi run inadyn with the server that the page shows', async () => {
    await forget()
    const server = pageBlock('unifi', 'server', {
      'update.example.com': `127.0.0.1:${http.edge.httpPort}`,
    }).trim()
    const slash = server.indexOf('/')
    const file = join(folder, 'unifi.conf')
    writeFileSync(
      file,
      `custom unifi:1 {\n  hostname = "home.example.com"\n  username = "home"\n  password = "${token}"\n  ssl = false\n  checkip-ssl = false\n` +
        `  checkip-server = "127.0.0.1:${http.edge.httpPort}"\n  checkip-path = "/ip"\n` +
        `  ddns-server = "${server.slice(0, slash)}"\n  ddns-path = "/\\${server.slice(slash)}"\n}\n`,
    )
    assert.match(await inadyn(file), /Successful alias table update/)
    assert.equal(await address(), '192.0.2.44')
  })
})

describe('the certificate', () => {
  it('is read again when its file changes, without a connection lost', async () => {
    const other = await authority.sign('renewed')
    const subject = async () => {
      const run = await runCommand('openssl', ['s_client', '-connect', `127.0.0.1:${port}`], {
        input: 'Q\n',
        timeoutMs: 30_000,
      })
      return /subject=.*CN ?= ?(\w+)/.exec(run.stdout)?.[1]
    }
    assert.equal(await subject(), 'update')
    writeFileSync(cert.key, readFileSync(other.key))
    writeFileSync(cert.cert, readFileSync(other.cert))
    await until('the new certificate is shown', async () => (await subject()) === 'renewed', 30_000)
  })
})
