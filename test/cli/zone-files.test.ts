import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Progress, progressLine } from '../../cli/progress.ts'
import { wholeAnswer } from '../../cli/whole-answer.ts'
import { listenApi } from '../../services/zone-writer/api/listen.ts'
import { adminApi } from '../api/fixture.ts'
import { freePort, temporaryFolder } from '../support/infrastructure.ts'
import { isFailure, runCli } from './run-cli.ts'

const HEAD = '$TTL 300\n@ SOA ns1 host 5 3600 600 86400 60\n@ NS ns1\nns1 A 192.0.2.1\n'
const MAIN = fileURLToPath(new URL('../../cli/main.ts', import.meta.url))

describe('zone files on the command line', () => {
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

  const write = (name: string, content: string): string => {
    const file = join(folder, name)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, content)
    return file
  }
  const run = async (...argv: string[]) => {
    const result = await runCli(argv, environment)
    assert.equal(result.status, 0, result.err)
    return result.out
  }
  const fails = async (...argv: string[]) => {
    const result = await runCli(argv, environment)
    assert.ok(isFailure(result.status), result.err)
    assert.equal(result.out, '')
    return result.err
  }

  it('what a proxy of HTTP/1.0 passes on in part is no zone, difference or blame, and ends with status 1', async (t) => {
    await run('zone', 'create', 'cut.test')
    await run('zone', 'import', 'cut.test', write('db.cut', HEAD))
    let octets = Number.POSITIVE_INFINITY
    const proxy = createServer(async ({ url, headers }, response) => {
      const { authorization = '' } = headers
      const answer = await fetch(`${environment.ZONELOG_API_URL}${url}`, { headers: { authorization } })
      response.useChunkedEncodingByDefault = false
      response.writeHead(answer.status, { 'zonelog-end': answer.headers.get('zonelog-end') ?? '' })
      response.end(Buffer.from(await answer.arrayBuffer()).subarray(0, octets))
    })
    t.after(() => proxy.close())
    await once(proxy.listen(0, '127.0.0.1'), 'listening')
    const { port } = proxy.address() as AddressInfo
    const through = async (...argv: string[]) =>
      await runCli(argv, { ...environment, ZONELOG_API_URL: `http://127.0.0.1:${port}` })
    for (const argv of [
      ['zone', 'export', 'cut.test'],
      ['diff', 'cut.test', '#1', 'now'],
      ['diff', 'cut.test', '#1', 'now', '--unified'],
      ['blame', 'cut.test'],
    ]) {
      octets = Number.POSITIVE_INFINITY
      const whole = await through(...argv)
      assert.equal(whole.status, 0, whole.err)
      assert.equal(whole.out, await run(...argv))
      assert.doesNotMatch(whole.out, /; end|^$/)
      octets = 60
      const cut = await through(...argv)
      assert.deepEqual([argv, cut.status], [argv, 1])
      assert.match(cut.err, /cut/)
    }
  })

  it('a whole answer is known by its last line, however it comes in pieces', async () => {
    const read = async (pieces: string[]) => {
      let text = ''
      for await (const piece of wholeAnswer(Readable.from(pieces))) text += piece
      return text
    }
    for (const [lines, end] of [
      ['a\nb\n', '; end\n'],
      ['', '; end\n'],
      ['{}\n{}\n', '\n'],
      ['', '\n'],
    ] as const) {
      const whole = lines + end
      assert.equal(await read([whole]), lines)
      assert.equal(await read([...whole]), lines)
      for (let length = 0; length < whole.length; length++)
        await assert.rejects(read([...whole.slice(0, length)]), /The answer was cut/)
    }
  })

  it('zone import replaces a zone as one event, and says what changed', async () => {
    await run('zone', 'create', 'import.test', '--file', write('db.import', `${HEAD}a A 192.0.2.1\n`))
    const file = write('db.import', `${HEAD}b A 192.0.2.1\nc A 192.0.2.1\n`)
    assert.match(
      await run('zone', 'import', 'import.test', file),
      /^zone import\.test\. imported: serial 5 → 6, 1 records removed, 2 added, 5 now\n$/,
    )
    assert.match(
      await run('log', 'import.test'),
      /NOERROR import +5 → 6\n {4}- a\.import.*\n {4}\+ b\.import/,
    )
    assert.match(
      await run('zone', 'import', 'import.test', file),
      /is as in the file already: serial 6, 5 records/,
    )
    assert.equal(JSON.parse(await run('zone', 'import', 'import.test', file, '--json')).added, 0)
  })

  it('an export imports to the same zone', async () => {
    await run(
      'zone',
      'create',
      'same.test',
      '--file',
      write('db.same', `${HEAD}x\\.y TXT "a;b"\n*.W A 192.0.2.1\n`),
    )
    const file = write('db.exported', await run('zone', 'export', 'same.test'))
    const { removed, added } = JSON.parse(await run('zone', 'import', 'same.test', file, '--json'))
    assert.deepEqual([removed, added], [0, 0])
  })

  it('$INCLUDE and $GENERATE are read here, from the folder of the file', async () => {
    write('parts/hosts', 'h1 A 192.0.2.1\n$INCLUDE parts/more\n')
    write('parts/more', '$GENERATE 2-3 h$ A 192.0.2.$\n')
    const file = write('db.parts', `${HEAD}$INCLUDE parts/hosts lan\n`)
    assert.match(await run('zone', 'create', 'parts.test', '--file', file), /6 records/)
    assert.match(await run('zone', 'export', 'parts.test'), /h3\.lan\.parts\.test\. 300 IN A 192\.0\.2\.3/)
  })

  it('$INCLUDE reads nothing outside the folder, by no path and no link', async () => {
    const outside = join(temporaryFolder('outside'), 'secret')
    writeFileSync(outside, 'x A 192.0.2.1\n')
    write('inner/placeholder', '')
    symlinkSync(outside, join(folder, 'inner/link'))
    symlinkSync(dirname(outside), join(folder, 'inner/folder'))
    const file = write(
      'inner/db',
      `${HEAD}$INCLUDE ../db.parts\n$INCLUDE ${outside}\n$INCLUDE link\n$INCLUDE folder/secret\n$INCLUDE none\n$INCLUDE .\n`,
    )
    const err = await fails('zone', 'create', 'inner.test', '--file', file)
    assert.equal(err.match(/is outside the folder of the zone file/g)?.length, 4, err)
    assert.match(err, /none cannot be read \(ENOENT\)/)
    assert.match(err, /line 10:1: \. is not a file/)
    assert.doesNotMatch(err, /192\.0\.2/)
  })

  it('faults have file, line and column, also those that only the zone as a whole has', async () => {
    write('faults/part', 'good A 192.0.2.1\n\nwww TXT x\nbad A 1\n')
    const file = write('faults/db', `${HEAD}$INCLUDE part\nc AAAA 1\n`)
    const err = await fails('zone', 'create', 'faults.test', '--file', file)
    assert.ok(err.includes('The zone file has 2 faults; nothing was imported.'))
    assert.ok(err.includes('\n  part line 4:7: A: expected an IPv4 address, not "1"'), err)
    assert.ok(err.includes(`\n  ${file} line 6:8: AAAA:`), err)

    write('faults/part', '; comment\ngood A 192.0.2.1\n\nwww TXT x\n')
    write('faults/db', `${HEAD}www CNAME ns1\n$INCLUDE part\n`)
    assert.ok(
      (await fails('zone', 'create', 'faults.test', '--file', file)).includes(
        '\n  part line 4:1: www.faults.test. has a CNAME record and also TXT',
      ),
    )
    assert.match(await fails('zone', 'show', 'faults.test'), /There is no zone/)
  })

  it('a zone with faults far behind is not created', async () => {
    const hosts = Array.from({ length: 20_000 }, (_, at) => `h${at} A 192.0.2.1\n`).join('')
    const err = await fails('zone', 'create', 'far.test', '--file', write('db.far', `${HEAD}${hosts}x A 1\n`))
    assert.match(err, /line 20005:5: A: expected an IPv4 address/)
    assert.match(await fails('zone', 'show', 'far.test'), /There is no zone/)
  })

  it('- is standard input', async () => {
    const child = spawn(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', MAIN, 'zone', 'create', 'stdin.test', '--file', '-'],
      {
        env: { PATH: process.env.PATH, ZONELOG_DATA_DIR: folder, ...environment },
        stdio: ['pipe', 'pipe', 'pipe'],
      },
    )
    child.stdin.end(HEAD)
    const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)])
    assert.match(out, /zone stdin\.test\. created: serial 5, 3 records/, err)
    assert.doesNotMatch(err, /records\/s|\r/, 'no progress where there is no terminal')
  })

  it('what the API refuses before it has read is told', async () => {
    await run('zone', 'create', 'twice.test')
    const hosts = Array.from({ length: 100_000 }, (_, at) => `host-${at} A 192.0.2.1\n`).join('')
    const file = write('db.twice', HEAD + hosts)
    assert.match(
      await fails('zone', 'create', 'twice.test', '--file', file),
      /There is a zone twice\.test\. already/,
    )
    assert.match(await fails('zone', 'import', 'none.test', file), /There is no zone none\.test\./)
  })
})

describe('progress', () => {
  it('has records, rate and time left', () => {
    assert.equal(
      progressLine({ records: 250_000, part: 0.25 }, 3),
      '[#####               ] 25 %  250,000 records  83,333/s  9 s left',
    )
    assert.equal(progressLine({ records: 10, part: 0.01 }, 1).slice(-13), ' 1 min 39 s left'.slice(-13))
    assert.equal(progressLine({ records: 250_000, part: undefined }, 2), '250,000 records  125,000/s')
  })
  it('is one line that is drawn over and wiped, on a terminal only', () => {
    const drawn: string[] = []
    const write = (text: string) => drawn.push(text)
    const done = () => ({ records: 1, part: 0.5 })
    for (const isTTY of [false, true]) {
      const progress = new Progress({ write, isTTY, columns: 40 })
      progress.update(done)
      progress.update(done)
      progress.wait('waiting')()
      progress.clear()
      if (!isTTY) assert.deepEqual(drawn, [])
    }
    assert.equal(drawn.length, 3)
    for (const text of drawn) assert.ok(/^\r[^\r\n]{0,42}$/.test(text) && text.endsWith('\x1b[K'), text)
  })
})
