import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { lastLines, runCommand } from '../../services/local/run-command.ts'
import { type ClientProgram, clientPath } from '../support/client-programs.ts'
import { digShort } from '../support/dig.ts'
import { freePort } from '../support/infrastructure.ts'
import { toolPath } from '../support/programs.ts'
import { endWithUs } from '../support/temporary.ts'
import { until } from '../support/until.ts'
import { fileOf, pages, stepsOf } from './pages.ts'
import { Reader } from './reader.ts'

let reader: Reader
before(async () => {
  reader = await Reader.start()
})
after(() => reader?.close())

describe('what the documents show is done as they show it', () => {
  const shown = pages().filter((page) => stepsOf(page).length > 0)

  it('the pages for newcomers are among them', () => {
    for (const page of ['README.md', 'docs/first-zone.md', 'docs/clients/nsupdate.md'])
      assert.ok(shown.includes(page), page)
  })

  for (const page of shown)
    it(page, async () => {
      const folder = await reader.begin()
      for (const step of stepsOf(page)) await reader.do(step, folder)
    })
})

describe('clients are run with the configuration that their page shows', () => {
  const server = () => ({ host: '127.0.0.1', port: reader.port })
  const answer = (name: string, type: string) => digShort(server(), name, type)
  const lacks = (program: ClientProgram) =>
    clientPath(program) === undefined && `${program} is unpacked where there is apt`
  const run = async (program: string, args: readonly string[], input = '') => {
    const result = await runCommand(program, args, { input, timeoutMs: 60_000 })
    assert.equal(result.status, 0, lastLines(result, 30))
    return `${result.stdout}${result.stderr}`
  }

  it('Kea D2', { skip: lacks('kea-dhcp-ddns') }, async () => {
    const folder = await reader.begin()
    const [secret, port] = [await reader.secretOf('kea'), await freePort()]
    for (const zone of ['example.com', '2.0.192.in-addr.arpa']) {
      if (zone !== 'example.com') await reader.zonelog('zone', 'create', zone)
      await reader.zonelog('rule', 'add', zone, 'grant kea zonesub')
      await reader.serves(zone)
    }
    const config = fileOf('docs/clients/kea.md', 'kea-dhcp-ddns.conf')
      .replaceAll('SECRET', secret)
      .replaceAll(
        '"ip-address": "192.0.2.53", "port": 53 ',
        `"ip-address": "127.0.0.1", "port": ${reader.port} `,
      )
      .replace('"port": 53001', `"port": ${port}`)
    await writeFile(join(folder, 'kea.conf'), config)
    const d2 = spawn(clientPath('kea-dhcp-ddns')!, ['-d', '-c', join(folder, 'kea.conf')], {
      detached: true,
      stdio: 'ignore',
      env: { ...process.env, KEA_LOCKFILE_DIR: folder, KEA_PIDFILE_DIR: folder },
    })
    endWithUs(d2.pid!)
    d2.unref()
    try {
      const change = { 'forward-change': true, 'reverse-change': true, fqdn: 'laptop.example.com.' }
      await nameChange(
        port,
        d2,
        { 'change-type': 0, ...change },
        async () => (await answer('laptop.example.com', 'DHCID')).length === 1,
      )
      assert.deepEqual(await answer('laptop.example.com', 'A'), ['192.0.2.77'])
      await until(
        'the pointer is there',
        async () => (await answer('77.2.0.192.in-addr.arpa', 'PTR'))[0] === 'laptop.example.com.',
      )
      await nameChange(
        port,
        d2,
        { 'change-type': 1, ...change },
        async () => (await answer('laptop.example.com', 'A')).length === 0,
      )
    } finally {
      d2.kill('SIGTERM')
    }
  })

  it('dhcpd', { skip: lacks('dhcpd') }, async () => {
    const folder = await reader.begin()
    const file = join(folder, 'dhcpd.conf')
    await writeFile(
      file,
      fileOf('docs/clients/dhcpd.md', 'dhcpd.conf').replace('SECRET', await reader.secretOf('dhcpd')),
    )
    await run(clientPath('dhcpd')!, ['-t', '-cf', file])
  })

  it('ddclient', { skip: lacks('ddclient') }, async () => {
    const folder = await reader.begin()
    const key = join(folder, 'ddclient.key')
    await writeFile(key, await reader.zonelog('key', 'create', 'ddclient'), { mode: 0o600 })
    await reader.zonelog('rule', 'add', 'example.com', 'grant ddclient name home A AAAA')
    const config = fileOf('docs/clients/ddclient.md', 'ddclient.conf')
      .replace('use=web, web=checkip.dyndns.org', 'use=ip, ip=192.0.2.78')
      .replace('192.0.2.53', `127.0.0.1:${reader.port}`)
      .replace('/usr/bin/nsupdate', toolPath('nsupdate'))
      .replace('/etc/ddclient.key', key)
    const file = join(folder, 'ddclient.conf')
    await writeFile(file, config, { mode: 0o600 })
    const args = ['-file', file, '-cache', join(folder, 'cache'), '-daemon', '0', '-verbose', '-noquiet']
    await run(clientPath('ddclient')!, args)
    assert.deepEqual(await answer('home.example.com', 'A'), ['192.0.2.78'])
  })

  it("certbot's plugin", { skip: lacks('python3') }, async () => {
    const folder = await reader.begin()
    await reader.zonelog('rule', 'add', 'example.com', 'grant certbot name _acme-challenge TXT(2)')
    const credentials = join(folder, 'rfc2136.ini')
    const config = fileOf('docs/clients/certbot.md', 'rfc2136.ini')
      .replace('192.0.2.53', '127.0.0.1')
      .replace('port = 53', `port = ${reader.port}`)
      .replace('SECRET', await reader.secretOf('certbot', '--algorithm', 'hmac-sha512'))
    await writeFile(credentials, config)
    await chmod(credentials, 0o600)
    const program = fileURLToPath(new URL('certbot_plugin.py', import.meta.url))
    const steps = [
      ['_perform', 'one'],
      ['_perform', 'two'],
      ['_cleanup', 'one'],
    ]
    await run(clientPath('python3')!, ['-B', program], JSON.stringify({ credentials, steps }))
    assert.deepEqual(await answer('_acme-challenge.example.com', 'TXT'), ['"two"'])
  })
})

/** What Kea's DHCP server says to D2 over UDP: JSON with its length before it. Said again until it has come to pass, since D2 may not listen yet. */
async function nameChange(
  port: number,
  d2: ChildProcess,
  change: object,
  hasHappened: () => Promise<boolean>,
): Promise<void> {
  const text = Buffer.from(
    JSON.stringify({
      ...change,
      'ip-address': '192.0.2.77',
      dhcid: '0001026363FC0E7009CCA0825BB1AC5C43D4D46A9A693E97D3A563C7F3556E50036E32',
      'lease-expires-on': '20401231235959',
      'lease-length': 3_600,
      'use-conflict-resolution': true,
    }),
  )
  const length = Buffer.alloc(2)
  length.writeUInt16BE(text.length)
  const socket = createSocket('udp4')
  try {
    await until('D2 has done it', async () => {
      assert.equal(d2.exitCode, null, 'D2 has ended')
      socket.send(Buffer.concat([length, text]), port, '127.0.0.1')
      return await hasHappened()
    })
  } finally {
    socket.close()
  }
}
