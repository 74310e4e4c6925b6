import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { chmod, chown, mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { createDatabase, testNats } from '../support/infrastructure.ts'
import { until } from '../support/until.ts'
import { installation, isAlive, launcherFor, paste, ZonelogStart } from '../support/zonelog-start.ts'

describe('zonelog start on a new machine', () => {
  it('offers an nsupdate and a dig that work when pasted; the record is there after a second start', async () => {
    const where = await installation()
    const first = await ZonelogStart.running(where)
    const [update = '', dig = ''] = first.commands
    assert.deepEqual(await paste(update), { status: 0, output: '' })
    const shown = /^hello\.example\.com\.\s+300\s+IN\s+A\s+192\.0\.2\.1$/m
    assert.match((await paste(dig)).output, shown)
    assert.equal(await first.stop(), 0, first.output)

    const second = await ZonelogStart.running(where)
    assert.deepEqual(second.commands, [update, dig], 'the same commands again')
    assert.match((await paste(dig)).output, shown)
    assert.equal(await second.stop(), 0, second.output)
  })

  it('says where everything listens, and keeps secrets in files that only their owner reads', async () => {
    const where = await installation()
    const start = await ZonelogStart.running(where)
    for (const port of [where.dnsPort, where.apiPort, where.edgeHttpPort])
      assert.ok(start.output.includes(`127.0.0.1:${port}`), start.output)
    const secrets = ['demo.key', 'run.json', 'master.key', 'api-token', 'nats/password', 'postgres/password']
    for (const secret of secrets) {
      const { mode } = await stat(join(where.dataDir, secret))
      assert.equal(mode & 0o077, 0, secret)
    }
    await start.stop()
  })

  it('starts no server in place of those that the variables name', async () => {
    const where = await installation()
    const [database, nats] = await Promise.all([createDatabase(), testNats()])
    const more = { ZONELOG_DATABASE_URL: database.url, ZONELOG_NATS_URL: nats.url }
    const start = await ZonelogStart.running(where, { more })
    assert.deepEqual(Object.keys(start.children()).sort(), ['edge', 'writer'])
    assert.equal((await paste(start.commands[0]!)).status, 0)
    assert.equal(await start.stop(), 0, start.output)
    await Promise.all([database.drop(), nats.stop()])
  })

  it('ends all children at Ctrl-C', async () => {
    const where = await installation()
    const start = await ZonelogStart.running(where)
    const children = start.children()
    assert.deepEqual(Object.keys(children).sort(), ['edge', 'nats', 'postgres', 'writer'])
    assert.equal(await start.stop(), 0, start.output)
    for (const [name, pid] of Object.entries(children)) assert.equal(isAlive(pid), false, name)
    assert.equal(existsSync(join(where.dataDir, 'supervisor.pid')), false)
    assert.equal(existsSync(join(where.dataDir, 'run.json')), false)
  })

  it('ends all children at once at a second Ctrl-C', async () => {
    const where = await installation()
    const start = await ZonelogStart.running(where)
    const children = start.children()
    process.kill(children.edge!, 'SIGSTOP') // it will not end in order
    start.signal('SIGINT')
    await until('the stop has begun', () => start.output.includes('Stopping'))
    await delay(600) // two signals within half a second are one that came twice
    start.signal('SIGINT')
    assert.equal(await start.ended, 130, start.output)
    await until('all are gone', () => !Object.values(children).some(isAlive))
  })

  it('ends all children at Ctrl-C in the middle of its start', async () => {
    const where = await installation()
    const start = new ZonelogStart(where)
    await until('the first child runs', () => existsSync(join(where.dataDir, 'children.json')))
    const children = start.children()
    assert.equal(await start.stop(), 0, start.output)
    for (const [name, pid] of Object.entries(children)) assert.equal(isAlive(pid), false, name)
    const again = await ZonelogStart.running(where)
    assert.equal(await again.stop(), 0)
  })

  it('runs as an ordinary user', {
    skip: process.getuid?.() !== 0 && 'only root can become another user',
  }, async () => {
    const where = await installation()
    const nobody = 65_534
    await mkdir(where.dataDir)
    await chown(where.dataDir, nobody, nobody)
    const start = await ZonelogStart.running(where, {
      uid: nobody,
      gid: nobody,
      launcher: launcherFor(nobody, nobody),
      more: { ZONELOG_LOG_LEVEL: 'debug' },
    })
    if (process.platform === 'linux')
      assert.match(start.output, /edge +shares processors equally with the other services: only root may/)
    const [update = '', dig = ''] = start.commands
    assert.equal((await paste(update)).status, 0)
    assert.match((await paste(dig)).output, /192\.0\.2\.1/)
    assert.equal((await stat(join(where.dataDir, 'postgres'))).uid, nobody)
    assert.equal(await start.stop(), 0, start.output)
  })

  it('as root, in a folder closed to others, keeps the data of Postgres where the postgres user reaches it', {
    skip: process.getuid?.() !== 0 && 'only root is concerned',
  }, async () => {
    const where = await installation()
    await chmod(dirname(where.dataDir), 0o700)
    const start = await ZonelogStart.running(where)
    assert.match(
      start.output,
      /cannot enter .*, so Postgres keeps its data in \/var\/lib\/zonelog\/[0-9a-f]+/,
    )
    assert.equal(await start.stop(), 0)
    const again = await ZonelogStart.running(where)
    assert.doesNotMatch(again.output, /cannot enter/)
    assert.equal(await again.stop(), 0)
  })
})

describe('zonelog start when something is in its way: one clear error', () => {
  it('an address in use: which variable, and which process', async () => {
    const where = await installation()
    const other = createServer().listen(where.apiPort, '127.0.0.1')
    const start = new ZonelogStart(where)
    assert.equal(await start.ended, 1)
    other.close()
    assert.match(start.output, new RegExp(`ZONELOG_API_LISTEN 127.0.0.1:${where.apiPort} is in use`))
    if (process.platform === 'linux') assert.ok(start.output.includes(`process ${process.pid}`), start.output)
  })

  it('a second start on the same data: the process id of the first', async () => {
    const where = await installation()
    const first = await ZonelogStart.running(where)
    const second = new ZonelogStart(where)
    assert.equal(await second.ended, 1)
    assert.match(second.output, new RegExp(`already, as process ${first.pid}\\.`))
    assert.equal(await first.stop(), 0, 'and the first goes on undisturbed')
  })

  it('data of another layout', async () => {
    const where = await installation()
    await mkdir(where.dataDir)
    await writeFile(join(where.dataDir, 'version.json'), '{ "layout": 99 }')
    const start = new ZonelogStart(where)
    assert.equal(await start.ended, 1)
    assert.match(start.output, /version\.json says layout 99, but this zonelog knows layout 1 only/)
  })

  it('data of another Postgres', async () => {
    const where = await installation()
    const first = await ZonelogStart.running(where)
    await first.stop()
    const versionFile = join(where.dataDir, 'postgres/data/PG_VERSION')
    await writeFile(versionFile, '99\n')
    const second = new ZonelogStart(where)
    assert.equal(await second.ended, 1)
    assert.match(second.output, /was written by Postgres 99, but this zonelog runs Postgres \d+/)
    assert.equal(await readFile(versionFile, 'utf8'), '99\n', 'and nothing was touched')
  })

  it('wrong variables: all of them', async () => {
    const where = await installation()
    const start = new ZonelogStart(where, {
      more: { ZONELOG_PARTITIONS: 'many', ZONELOG_API_LISTEN: 'nowhere' },
    })
    assert.equal(await start.ended, 1)
    assert.match(start.output, /ZONELOG_PARTITIONS/)
    assert.match(start.output, /ZONELOG_API_LISTEN/)
  })
})
