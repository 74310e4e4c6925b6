import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { gunzipSync, gzipSync } from 'node:zlib'
import { sql } from 'kysely'
import { silentLogger } from '../../shared/log.ts'
import { connectNats } from '../../shared/messaging/connect.ts'
import { CHECKPOINTS_STREAM } from '../../shared/messaging/subjects.ts'
import { isFailure, runCli } from '../cli/run-cli.ts'
import { temporaryFolder } from '../support/infrastructure.ts'
import { TestSystem } from '../support/system.ts'
import { until } from '../support/until.ts'
import { randomHistory } from './random-history.ts'

const UPDATES = 60

describe('P6 proof of a history', () => {
  let system: TestSystem
  let environment: Record<string, string>
  let zoneId: number
  let publicKey: string
  const folder = temporaryFolder('proof')
  const file = join(folder, 'example.com.jsonl.gz')
  const keyFile = join(folder, 'checkpoint.pem')

  before(async () => {
    system = await TestSystem.prepare()
    const { privateKey } = generateKeyPairSync('ed25519')
    await writeFile(keyFile, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 })
    const writer = await system.writer({
      ZONELOG_CHECKPOINT_KEY_FILE: keyFile,
      ZONELOG_CHECKPOINT_EVENTS: '20',
    })
    const api = system.api(writer)
    environment = { ZONELOG_API_URL: api.url, ZONELOG_API_TOKEN: api.token }
    zoneId = (await api.createZone('example.com', { allowUpdate: ['127.0.0.0/8'] })).id
    await randomHistory(system, zoneId, UPDATES, 21)
    publicKey = (await run('verify', '--print-key')).trim()
    const { x } = privateKey.export({ format: 'jwk' })
    assert.equal(publicKey, `ed25519:${Buffer.from(x!, 'base64url').toString('base64')}`)
  })
  after(() => system?.close())

  const run = async (...argv: string[]): Promise<string> => {
    const { status, out, err } = await runCli(argv, environment)
    assert.equal(status, 0, out + err)
    return out
  }
  const refused = async (...argv: string[]): Promise<string> => {
    const { status, out, err } = await runCli(argv, environment)
    assert.ok(isFailure(status), err)
    return out + err
  }

  it('checkpoints come by themselves, and reach NATS for whoever keeps them', async () => {
    const nats = await connectNats(system.nats.url, 'test', silentLogger())
    const manager = await nats.jetstreamManager()
    const last = () =>
      manager.streams.getMessage(CHECKPOINTS_STREAM, { last_by_subj: `zonelog.checkpoints.${zoneId}` })
    await until('a checkpoint is published', async () => (await last().catch(() => undefined)) !== undefined)
    const { checkpoint } = JSON.parse(new TextDecoder().decode((await last()).data))
    assert.match(
      checkpoint,
      /^zonelog checkpoint 1\nzone \d+ example\.com\.\nevent \d+\nserial \d+\nhash [0-9a-f]{64}\n/,
    )
    assert.ok(checkpoint.endsWith(`key ${publicKey}\n`))
    await nats.close()
  })

  it('a checkpoint is signed at will', async () => {
    const made = JSON.parse(await run('checkpoint', 'example.com'))
    assert.equal(made.seq, UPDATES + 1)
    assert.ok((await run('checkpoint', 'example.com', '--list')).includes(made.signature))
  })

  it('verify says that all is well, and what that rests on', async () => {
    const out = await run('verify')
    assert.match(out, /^ok {2}example\.com\. {2}61 events are whole, \d+ RRsets are what they add up to\n/)
    assert.match(out, /\d+ updates decided again with the same outcome, \d+ refusals taken as recorded\n/)
    assert.match(
      out,
      /signed checkpoints, the last at event 61; the chain ends at event 61 with [0-9a-f]{64}/,
    )
    const json = JSON.parse(await run('verify', 'example.com', '--json'))
    assert.deepEqual([json.schema, json.ok, json.faults], ['zonelog.verification/1', true, []])
  })

  it('verify --file needs the file and the public key, and no zonelog that runs', async () => {
    await run('history', 'export', 'example.com', file)
    await writeFile(join(folder, 'kept.pub'), `${publicKey}\n`)
    const nowhere = { ZONELOG_API_URL: 'http://127.0.0.1:9', ZONELOG_API_TOKEN: 'none-at-all-here' }
    const { status, out } = await runCli(
      ['verify', '--file', file, '--public-key', join(folder, 'kept.pub')],
      nowhere,
    )
    assert.equal(status, 0, out)
    assert.match(out, /^ok {2}example\.com\. {2}61 events are whole\n/)
    assert.match(
      await refused('verify', '--file', join(folder, 'none'), '--public-key', publicKey),
      /cannot be verified/,
    )
    assert.equal((await runCli(['verify', '--file', file], nowhere)).status, 2)
  })

  const altered = async (change: (lines: string[]) => string[]): Promise<string> => {
    const lines = gunzipSync(await readFile(file))
      .toString('utf8')
      .trim()
      .split('\n')
    const copy = join(folder, 'altered.gz')
    await writeFile(copy, gzipSync(`${change(lines).join('\n')}\n`))
    return await refused('verify', '--file', copy, '--public-key', publicKey)
  }

  it('a file that was altered is found out', async () => {
    const isEvent = (line: string) => line.includes('"form"')
    assert.match(await altered((lines) => lines.toSpliced(lines.findLastIndex(isEvent), 1)), /NOT WHOLE/)
    assert.match(await altered((lines) => lines.toSpliced(10, 1)), /event \d+ is missing|not chained/)
    assert.match(await altered((lines) => lines.slice(0, -1)), /the file has no end/)
    assert.match(
      await altered((lines) => lines.with(5, lines[5]!.replace(/"form":"(.{40})./, '"form":"$1_'))),
      /the line after event/,
    )
  })

  it('a file is believed by one key only', async () => {
    const other = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }).x!
    const key = `ed25519:${Buffer.from(other, 'base64url').toString('base64')}`
    assert.match(
      await refused('verify', '--file', file, '--public-key', key),
      /checkpoint is not signed with ed25519:/,
    )
    assert.match(await refused('verify', 'example.com', '--public-key', 'mine'), /no such file|public key/i)
  })

  it('verify names the first event that differs and what about it, and exits with 1', async () => {
    const [{ detail }] = (
      await sql<{
        detail: string
      }>`select detail from zone_event where zone_id = ${zoneId} and seq = 9`.execute(system.db)
    ).rows as [{ detail: string }]
    await sql`update zone_event set detail = 'nothing to see' where zone_id = ${zoneId} and seq = 9`.execute(
      system.db,
    )
    assert.match(await refused('verify', 'example.com'), /^NOT WHOLE {2}example\.com\.\n {4}event 9, hash: /)
    await sql`update zone_event set detail = ${detail} where zone_id = ${zoneId} and seq = 9`.execute(
      system.db,
    )
    await run('verify', 'example.com')
  })

  it('checkpoints that were kept elsewhere are believed too', async () => {
    const kept = join(folder, 'kept.jsonl')
    await writeFile(kept, await run('checkpoint', 'example.com', '--list'))
    await sql`delete from checkpoint`.execute(system.db)
    assert.ok(JSON.parse(await run('verify', 'example.com', '--json', '--checkpoints', kept)).checkpoints > 0)
  })

  it('a key that is given must be one', async () => {
    await writeFile(keyFile, 'no key\n')
    await assert.rejects(
      system.writer({ ZONELOG_CHECKPOINT_KEY_FILE: keyFile }),
      /ZONELOG_CHECKPOINT_KEY_FILE: .*not a private key/,
    )
    await assert.rejects(
      system.writer({ ZONELOG_CHECKPOINT_KEY_FILE: join(folder, 'nothing') }),
      /ZONELOG_CHECKPOINT_KEY_FILE: there is no key/,
    )
  })
})
