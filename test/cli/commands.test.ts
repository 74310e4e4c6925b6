import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createHash, randomUUID } from 'node:crypto'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { listenApi } from '../../services/zone-writer/api/listen.ts'
import { insertEvents } from '../../services/zone-writer/store/events.ts'
import { advanceZones } from '../../services/zone-writer/store/zones.ts'
import { Rcode } from '../../shared/dns/codes.ts'
import { chainEvent } from '../../shared/events/event-codec.ts'
import { adminApi } from '../api/fixture.ts'
import { createDatabase, freePort, temporaryFolder } from '../support/infrastructure.ts'
import { until } from '../support/until.ts'
import { isFailure, runCli } from './run-cli.ts'

const ZONE_FILE = '$TTL 300\n@ SOA ns1 host 5 3600 600 86400 60\n@ NS ns1\nns1 A 192.0.2.1\n'

describe('the commands', () => {
  let api: Awaited<ReturnType<typeof adminApi>>
  let environment: Record<string, string>
  const folder = temporaryFolder('zone-files')
  before(async () => {
    api = await adminApi()
    const port = await freePort()
    await listenApi(api.app, { host: '127.0.0.1', port })
    environment = { ZONELOG_API_URL: `http://127.0.0.1:${port}`, ZONELOG_API_TOKEN: api.token }
  })
  after(() => api.close())

  const run = async (line: string, columns?: number) => {
    const result = await runCli(line.split(' '), environment, columns)
    assert.equal(result.status, 0, result.err)
    return result
  }
  const fails = async (line: string) => {
    const result = await runCli(line.split(' '), environment)
    assert.ok(isFailure(result.status), result.err)
    assert.equal(result.out, '')
    return result.err
  }

  it('say that there is nothing yet', async () => {
    assert.match((await run('zone list')).err, /no zones yet/)
    assert.match((await run('key list')).err, /no keys yet/)
    assert.equal((await run('zone list --json')).out, '[]\n')
  })

  it('key create prints a clause alone on standard output, ready for a file', async () => {
    const { out, err } = await run('key create demo')
    assert.match(out, /^key "demo" \{\n\talgorithm hmac-sha256;\n\tsecret "[A-Za-z0-9+/]{43}=";\n\};\n$/)
    assert.match(err, /key demo\. created/)
    const { secret } = JSON.parse((await run('key create other --algorithm hmac-sha512 --json')).out)
    assert.equal(Buffer.from(secret, 'base64').length, 64)
    const { out: list } = await run('key list')
    assert.match(list, /demo\. +hmac-sha256 .*\nother\. +hmac-sha512/)
    assert.ok(!list.includes(secret))
  })

  it('zone create, list, show and export', async () => {
    const file = join(folder, 'db.example.com')
    await writeFile(file, ZONE_FILE)
    const { out } = await run(
      `zone create example.com --file ${file} --allow-update demo --allow-update=10.0.0.0/8`,
    )
    assert.match(
      out,
      /zone example\.com\. created: serial 5, 3 records\n {2}grant demo zonesub ANY\n {2}grant ip:10/,
    )
    assert.match((await run('zone list')).out, /example\.com\. +5 +3 +1 +2 +\d{4}-/)
    assert.match(
      (await run('zone show example.com')).out,
      /serial +5\nrecords +3 \(1 A, 1 NS, 1 SOA\)[\s\S]*1\. grant demo/,
    )
    assert.equal(JSON.parse((await run('zone show example.com --json')).out).serial, 5)
    const { out: exported } = await run('zone export example.com')
    assert.equal(exported.split('\n').length, 4)
    assert.equal(JSON.parse((await run('zone export example.com --json')).out).zoneFile, exported)
  })

  it('zone create warns on standard error', async () => {
    const file = join(folder, 'db.warned')
    await writeFile(file, `${ZONE_FILE}ns1 A 192.0.2.1\n`)
    const { err } = await run(`zone create warned.test --file ${file}`)
    assert.match(err, /warning: given more than once.*\nNobody may update it/)
  })

  it('say what is wrong, all of it', async () => {
    const file = join(folder, 'db.faulty')
    await writeFile(file, `${ZONE_FILE}a A 1\nb A 2\n`)
    assert.match(
      await fails(`zone create faulty.test --file ${file}`),
      /2 faults[\s\S]*line 5:[\s\S]*line 6:/,
    )
    await writeFile(file, Buffer.from('a TXT "\xff"', 'latin1'))
    assert.match(await fails(`zone create faulty.test --file ${file}`), /is not UTF-8/)
    assert.match(await fails('zone create example.com'), /There is a zone example\.com\. already/)
    assert.match(await fails('zone show exmaple.com'), /did you mean example\.com\.\?/)
    assert.match(
      await fails('zone create x.test --allow-update 10.0.0/8'),
      /'10\.0\.0\/8' is not an address range/,
    )
  })

  it('rule add, list and remove', async () => {
    const rule = async (...words: string[]) => await runCli(['rule', ...words], environment)
    const added = await rule('add', 'example.com', 'grant demo subdomain Dyn a AAAA', '--at', '1')
    assert.match(
      added.out,
      /^1\. grant demo subdomain dyn A AAAA\n2\. grant demo zonesub ANY\n3\. grant ip:10/,
    )
    assert.match((await run('rule list example.com')).out, /^1\. grant demo subdomain dyn A AAAA\n/)
    const { version, rules } = JSON.parse((await run('rule list example.com --json')).out)
    assert.equal(rules.length, 3)
    const wrong = await rule('add', 'example.com', 'grant demo subdomian dyn')
    assert.deepEqual([wrong.status, wrong.out], [4, ''])
    assert.match(wrong.err, /nothing was changed[\s\S]*'subdomian'; expected: .*did you mean subdomain\?/)
    assert.match((await rule('remove', 'example.com', 'one')).err, /the position is a whole number from 1/)
    const removed = await run(`rule remove example.com 1 --if-version ${version}`)
    assert.match(removed.out, /^1\. grant demo zonesub ANY\n2\. grant ip:10/)
    assert.match(removed.err, /removed: grant demo subdomain dyn A AAAA/)
    assert.match(await fails(`rule remove example.com 1 --if-version ${version}`), /changed meanwhile/)
    const { out } = await run('rule list example.com --changes')
    assert.match(out, /removed +at 1: grant demo subdomain[\s\S]*added +at 1: [\s\S]*created +with the zone/)
    const absent = await rule('add', 'example.com', 'grant dmeo name x A')
    assert.match(absent.err, /warning: there is no key dmeo yet.*did you mean demo\?/)
    await run('rule remove example.com 3')
  })

  it('are completed, with zones and keys by their names', async () => {
    const candidates = async (...words: string[]) => {
      let found: (string | undefined)[] = ['']
      // on a busy machine the API may be slower than who completes is patient
      await until(`there are candidates for ${words.join(' ')}`, async () => {
        const { out } = await runCli(['__complete', '--', ...words], environment)
        found = out.split('\n').map((line) => line.split('\t')[0])
        return found.length > 1
      })
      return found
    }
    assert.deepEqual(await candidates('zone', 'sh'), ['show', ''])
    assert.deepEqual(await candidates('zone', 'show', 'exa'), ['example.com', ''])
    assert.deepEqual(await candidates('key', 'rotate', 'd'), ['demo', ''])
    assert.deepEqual(await candidates('zone', 'create', 'x', '--allow-update', 'de'), ['demo', ''])
    assert.deepEqual(await candidates('zone', 'set', 'example.com', '--notify-mode', ''), [
      'yes',
      'explicit',
      'no',
      '',
    ])
    assert.deepEqual(await candidates('zone', 'export', 'example.com', '--ser'), ['--serial', ''])
    assert.deepEqual(await candidates('zone', 'import', 'example.com', ''), ['__files__', ''])
    const unreachable = { ZONELOG_API_URL: `http://127.0.0.1:${await freePort()}` }
    const silent = await runCli(['__complete', '--', 'zone', 'show', ''], unreachable)
    assert.deepEqual(silent, { status: 0, out: '', err: '' })
  })

  it('are completed by a real bash', async () => {
    const bin = join(folder, 'bin')
    await mkdir(bin)
    await symlink(fileURLToPath(new URL('../../bin/zonelog', import.meta.url)), join(bin, 'zonelog'))
    const script = `source <(zonelog completion bash)
      try() { COMP_WORDS=(zonelog "$@"); COMP_CWORD=$#; COMPREPLY=()
        for again in {1..20}; do _zonelog; ((\${#COMPREPLY[@]})) && break; done; echo "\${COMPREPLY[@]}"; }
      complete -p zonelog; try zone exp; try zone show exa; try zone import example.com ${folder}/db.w`
    const { stdout, stderr } = await promisify(execFile)('bash', ['--noprofile', '--norc', '-c', script], {
      env: { ...process.env, ...environment, PATH: `${bin}:${process.env.PATH}`, ZONELOG_DATA_DIR: folder },
    })
    assert.equal(stderr, '')
    assert.equal(stdout, `complete -F _zonelog zonelog\nexport\nexample.com\n${folder}/db.warned\n`)
  })

  it('log shows who, when, from where, what, the outcome and the serials', async () => {
    await refusedUpdate()
    const { out } = await run('log example.com')
    const [heading, created, ...rest] = out.split('\n')
    assert.match(heading!, /# +TIME \(UTC\) +WHO +FROM +BY +EDGE +OUTCOME +SERIAL/)
    assert.match(created!, /1 +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d +api:environment|api:first/)
    assert.match(created!, /NOERROR create +→ 5$/)
    assert.deepEqual(rest.slice(0, 2), [
      '    + example.com. 300 IN NS ns1.example.com.',
      '    + ns1.example.com. 300 IN A 192.0.2.1',
    ])
    assert.match(rest[2]!, /2 .* key:demo\. +2001:db8::7 +udp +edge-1 +NXRRSET prerequisite +5$/)
    assert.equal(rest[3], '    ! www.example.com. has no A')
    const events = (await run('log example.com --json')).out.trim().split('\n')
    assert.deepEqual(
      events.map((line) => JSON.parse(line).seq),
      [1, 2],
    )
    assert.equal((await run('log example.com --json --limit 1')).out.trim(), events[1])
  })

  for (const columns of [80, 120])
    it(`log fits a terminal of ${columns} columns`, async () => {
      const { out } = await run('log example.com', columns)
      for (const line of out.split('\n')) assert.ok(line.length <= columns, line)
      assert.match(out, /NXRRSET prerequisite/)
    })

  it('status says what runs', async () => {
    const { out } = await run('status')
    assert.match(out, /status +ok\n[\s\S]*edges +edge-of-tests \(127\.0\.0\.1:5300\)/)
    assert.equal(JSON.parse((await run('status --json')).out).health.status, 'ok')
  })

  it('say whose fault a refused token is', async () => {
    const withToken = (token: Record<string, string>) =>
      runCli(['zone', 'list'], { ZONELOG_API_URL: environment.ZONELOG_API_URL!, ...token })
    assert.match((await withToken({})).err, /There is no API token: .*api-token does not exist/)
    assert.match((await withToken({ ZONELOG_API_TOKEN: 'a wrong one' })).err, /does not know the API token/)
  })

  it('migrate says what ran, and then that there is nothing to do', async () => {
    const { url } = await createDatabase()
    const first = await runCli(['migrate'], { ZONELOG_DATABASE_URL: url })
    assert.match(first.out, /^ran 2026-/)
    const second = await runCli(['migrate', '--json'], { ZONELOG_DATABASE_URL: url })
    assert.equal(second.out, '{"ran":[]}\n')
  })

  /** An event as a writer records it for an update whose prerequisite is not met. */
  async function refusedUpdate(): Promise<void> {
    const { id, hash } = await api.db
      .selectFrom('zone')
      .select(['id', 'hash'])
      .where('name', '=', 'example.com.')
      .executeTakeFirstOrThrow()
    const commandId = randomUUID()
    const now = Date.now()
    const event = chainEvent(
      {
        zoneId: id,
        seq: 2,
        kind: 'update',
        commandId,
        fingerprint: createHash('sha256').update(commandId).digest(),
        receivedAt: now,
        queuedAt: now,
        decidedAt: now,
        identity: 'key:demo.',
        source: { address: '2001:db8::7', port: 5353 },
        transport: 'udp',
        edgeId: 'edge-1',
        message: new Uint8Array(),
        rcode: Rcode.NXRRSET,
        section: '3.2',
        reason: 'prerequisite',
        detail: 'www.example.com. has no A',
        rule: '',
        serialBefore: 5,
        serialAfter: 5,
        diff: new Uint8Array(),
      },
      hash,
    )
    await api.db.transaction().execute(async (trx) => {
      await insertEvents(trx, [event])
      await advanceZones(trx, [{ from: 1, last: event }])
    })
  }
})
