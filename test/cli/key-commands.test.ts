import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { momentFrom } from '../../cli/keys/moment.ts'
import { runCommand } from '../../services/local/run-command.ts'
import { listenApi } from '../../services/zone-writer/api/listen.ts'
import { adminApi } from '../api/fixture.ts'
import { freePort, temporaryFolder } from '../support/infrastructure.ts'
import { runCli } from './run-cli.ts'

const MAIN = fileURLToPath(new URL('../../cli/main.ts', import.meta.url))

describe('the commands for keys', () => {
  let api: Awaited<ReturnType<typeof adminApi>>
  let environment: Record<string, string>
  const folder = temporaryFolder('secrets')
  before(async () => {
    api = await adminApi()
    const port = await freePort()
    await listenApi(api.app, { host: '127.0.0.1', port })
    environment = { ZONELOG_API_URL: `http://127.0.0.1:${port}`, ZONELOG_API_TOKEN: api.token }
    await run('key create laptop')
  })
  after(() => api.close())

  const run = async (line: string) => {
    const result = await runCli(line.split(' '), environment)
    assert.equal(result.status, 0, result.err)
    return result
  }
  const fails = async (line: string, status: number) => {
    const result = await runCli(line.split(' '), environment)
    assert.deepEqual([result.status, result.out], [status, ''])
    return result.err
  }
  const file = async (name: string, text: string) => {
    await writeFile(join(folder, name), text)
    return join(folder, name)
  }

  it('key rotate prints the new clause alone, and says beside it how long the old secret lives', async () => {
    const { out, err } = await run('key rotate laptop --overlap 12h')
    assert.match(out, /^key "laptop" \{\n\talgorithm hmac-sha256;\n\tsecret "[^"]+";\n\};\n$/)
    assert.match(err, /secret \d+ lives until \d{4}-.*UTC[\s\S]*key usage laptop --old/)
    assert.match((await run('key rotate laptop --overlap 0')).err, /no older secret lives on/)
  })

  it('key show tells the state of each secret and who changed the key; key list that of all', async () => {
    const { out } = await run('key show laptop')
    assert.match(out, /state +active\n[\s\S]*secret \d+ +hmac-sha256, created .*, active, never used\n/)
    assert.match(
      out,
      /, expired \d{4}-.*\n[\s\S]*No rule names it\.\n[\s\S]*api:first {2}rotated to secret \d+/,
    )
    assert.match(
      (await run('key list')).out,
      /^KEY +ALGORITHM +STATE +KIND +EXPIRES .*\nlaptop\. +hmac-sha256 +active +tsig +never/,
    )
  })

  it('key set, expire and set again', async () => {
    assert.match(
      (await run('key set laptop --expires 2099-01-31 --least-mac 16')).out,
      /expires +2099-01-31 00:00:00 UTC\n.*16 octets/,
    )
    assert.match((await run('key expire laptop')).out, /laptop\. has expired/)
    assert.match(
      (await run('key set laptop --expires never --least-mac whole')).out,
      /state +active[\s\S]*never\n.*whole/,
    )
  })

  it('a secret comes from a file, with a line feed at its end or without', async () => {
    const secret = Buffer.alloc(20, 3).toString('base64')
    const created = await run(`key create filed --secret-file ${await file('secret', `${secret}\n`)} --json`)
    assert.equal(JSON.parse(created.out).secret, secret)
  })

  it('or from standard input', async () => {
    const secret = Buffer.alloc(20, 4).toString('base64')
    const args = [
      '--disable-warning=ExperimentalWarning',
      MAIN,
      'key',
      'create',
      'piped',
      '--secret-file',
      '-',
      '--json',
    ]
    const { status, stdout, stderr } = await runCommand(process.execPath, args, {
      input: `${secret}\n`,
      env: { ...process.env, ...environment, ZONELOG_DATA_DIR: folder },
    })
    assert.equal(status, 0, stderr)
    assert.equal(JSON.parse(stdout).secret, secret)
  })

  it('key revoke and key delete say what ended, and which rules still name it', async () => {
    await run('zone create named.test --allow-update filed')
    assert.match(
      await fails('key delete filed', 4),
      /zones name it[\s\S]*\n {2}named\.test\. rule 1: grant filed/,
    )
    const { out, err } = await run('key revoke filed --force')
    assert.match(out, /filed\.: secret \d+ revoked/)
    assert.match(err, /still names it: named\.test\. rule 1/)
    assert.match((await run('key delete filed --force --json')).out, /"namedBy":\["named\.test\. rule 1/)
  })

  it('key reseal says where the next master key is to be put', async () =>
    assert.match(
      await fails('key reseal', 4),
      /no next master key .*master\.key\.next.*openssl rand -base64 32/,
    ))

  describe('say which word is wrong, and what was expected', () => {
    const cases: [string, number, RegExp][] = [
      ['key rotate laptop --overlap 7days', 2, /--overlap 7days: a time such as 90s, 30m, 12h, 7d/],
      ['key rotate laptop --overlap 9999w', 4, /overlapSeconds: must be <= \d+/],
      ['key rotate lapdog', 3, /no key lapdog\. here; did you mean laptop\.\?/],
      ['key set laptop', 2, /Say what to set/],
      ['key set laptop --expires tomorrow', 2, /--expires tomorrow: a time such as 2027-01-31/],
      ['key set laptop --expires 2027-02-31T25:00', 2, /--expires 2027-02-31T25:00: a time such as/],
      ['key set laptop --expires 2099-02-31', 2, /--expires 2099-02-31: a time such as/],
      ['key set laptop --expires 2020-01-01', 4, /2020-01-01T00:00:00\.000Z is past/],
      ['key set laptop --least-mac few', 2, /--least-mac few: a number of octets/],
      ['key set laptop --least-mac 8', 4, /cannot be 8 octets: one of hmac-sha256 has 32/],
      ['key revoke laptop --secret first', 2, /--secret first: the number of a secret/],
      [
        'key create x --format yaml',
        2,
        /--format yaml is not known; one of tsig-keygen, knot, nsupdate, json/,
      ],
      ['key create x --format knott', 2, /did you mean knot\?/],
      ['key create x --secret-file /nowhere', 1, /cannot be read from \/nowhere \(ENOENT\)/],
    ]
    for (const [line, status, words] of cases)
      it(line, async () => assert.match(await fails(line, status), words))

    it('key create --secret-file with an empty file, or with more than a secret', async () => {
      const [empty, clause] = [
        await file('empty', '\n'),
        await file('clause', 'key "x" { secret "geheim"; };'),
      ]
      assert.match(await fails(`key create x --secret-file ${empty}`, 1), /empty holds nothing/)
      const said = await fails(`key create x --secret-file ${clause}`, 1)
      assert.match(said, /more than one word/)
      assert.doesNotMatch(said, /geheim/)
    })
  })
})

describe('a time on the command line', () => {
  const now = Date.UTC(2027, 0, 1, 12)
  for (const [text, wanted] of [
    ['2027-01-31', '2027-01-31T00:00:00.000Z'],
    ['2027-01-31T12:30', '2027-01-31T12:30:00.000Z'],
    ['2027-01-31 12:30:05', '2027-01-31T12:30:05.000Z'],
    ['2027-01-31T12:30+02:00', '2027-01-31T10:30:00.000Z'],
    ['90s', '2027-01-01T12:01:30.000Z'],
    ['2w', '2027-01-15T12:00:00.000Z'],
  ] as const)
    it(`${text} is ${wanted}`, () => assert.equal(momentFrom('expires', text, now), wanted))
})
