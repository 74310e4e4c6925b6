import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { getPriority } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { mayRaisePriority } from '../support/precedence.ts'
import { until } from '../support/until.ts'
import { type Installation, installation, isAlive, paste, ZonelogStart } from '../support/zonelog-start.ts'

describe('data survives kill -9 of', () => {
  it('the supervisor: its children end, the next start says so and finds everything', async () => {
    const where = await installation()
    const first = await ZonelogStart.running(where)
    const [update = '', dig = ''] = first.commands
    assert.equal((await paste(update)).status, 0)
    const children = first.children()
    first.signal('SIGKILL')
    await until(
      'edge and writer end by themselves',
      () => !isAlive(children.edge!) && !isAlive(children.writer!),
    )

    const second = await ZonelogStart.running(where)
    for (const [name, pid] of Object.entries(children)) assert.equal(isAlive(pid), false, `old ${name}`)
    assert.match(second.output, /Stopping postgres \(process \d+\), left running by a start that was killed/)
    assert.match((await paste(dig)).output, /192\.0\.2\.1/)
    assert.equal(await second.stop(), 0, second.output)
  })

  it('all processes at once', async () => {
    const where = await installation()
    const first = await ZonelogStart.running(where)
    const [update = '', dig = ''] = first.commands
    assert.equal((await paste(update)).status, 0)
    for (const pid of [first.pid, ...Object.values(first.children())]) process.kill(pid, 'SIGKILL')
    await first.ended

    const second = await ZonelogStart.running(where)
    assert.match((await paste(dig)).output, /192\.0\.2\.1/)
    assert.equal(await second.stop(), 0, second.output)
  })

  it('each child: it is started again, and updates work as before', async () => {
    const where = await installation()
    const start = await ZonelogStart.running(where)
    const [update = '', dig = ''] = start.commands
    for (const name of ['postgres', 'nats', 'writer', 'edge']) {
      process.kill(start.children()[name]!, 'SIGKILL')
      await until(`the ${name} runs again`, () => start.output.includes(`${name} runs again.`))
      // nsupdate itself re-sends while the parts find each other again
      const updated = update.replace('hello', name)
      await until('an update is taken', async () => (await paste(updated)).status === 0)
      assert.match((await paste(dig.replace('hello', name))).output, /192\.0\.2\.1/)
    }
    assert.match((await paste(dig.replace('hello', 'postgres'))).output, /192\.0\.2\.1/)
    if (process.platform === 'linux') {
      const nice = Object.entries(start.children()).map(([name, pid]) => [name, getPriority(pid)])
      const ours = getPriority()
      const edge = mayRaisePriority() ? -10 : ours
      const expected = { postgres: ours, nats: ours, writer: ours, edge }
      assert.deepEqual(Object.fromEntries(nice), expected, 'the new edge too goes before the others')
    }
    assert.equal(await start.stop(), 0, start.output)
  })

  it('a server whose port is taken meanwhile: it comes back at another one, and the services follow', async () => {
    const where = await installation()
    const start = await ZonelogStart.running(where)
    const [update = '', dig = ''] = start.commands
    for (const name of ['nats', 'postgres'] as const) {
      const taken = await killAndTakePort(start, where, name)
      await until(`the ${name} runs again`, () => start.output.includes(`${name} runs again.`))
      assert.match(start.output, new RegExp(`which ${name} had so far, is in use by another program`))
      const updated = update.replace('hello', name)
      await until('an update is taken', async () => (await paste(updated)).status === 0)
      assert.match((await paste(dig.replace('hello', name))).output, /192\.0\.2\.1/)
      taken.close()
    }
    assert.equal(await start.stop(), 0, start.output)
  })
})

/** Kills a server and listens where it did; the supervisor cannot start it again before. */
async function killAndTakePort(start: ZonelogStart, { dataDir }: Installation, name: 'nats' | 'postgres') {
  const { [name]: port } = JSON.parse(await readFile(join(dataDir, 'ports.json'), 'utf8'))
  const pid = start.children()[name]!
  const supervisor = JSON.parse(await readFile(join(dataDir, 'supervisor.pid'), 'utf8')).pid
  process.kill(supervisor, 'SIGSTOP')
  process.kill(pid, 'SIGKILL')
  for (;;) {
    const thief = createServer((socket) => socket.destroy()).listen(port, '127.0.0.1')
    try {
      await once(thief, 'listening')
      process.kill(supervisor, 'SIGCONT')
      return thief
    } catch {
      await setImmediate()
    }
  }
}

describe('a stale pid file counts for nothing', () => {
  it('that of zonelog, even when its number belongs to another process now', async () => {
    const where = await installation()
    const first = await ZonelogStart.running(where)
    await first.stop()
    const stale = { pid: process.pid, startedAt: 'some time before' }
    await writeFile(join(where.dataDir, 'supervisor.pid'), JSON.stringify(stale))
    const second = await ZonelogStart.running(where)
    assert.equal(await second.stop(), 0)
  })

  it('that of Postgres, even when its number belongs to another process now', async () => {
    const where = await installation()
    const first = await ZonelogStart.running(where)
    await first.stop()
    await writeFile(join(where.dataDir, 'postgres/data/postmaster.pid'), `${process.pid}\n`)
    const second = await ZonelogStart.running(where)
    assert.equal(await second.stop(), 0)
    assert.ok(isAlive(process.pid))
  })
})
