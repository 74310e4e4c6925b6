import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { checkAddresses } from '../../services/local/addresses.ts'
import { openDataDirectory, unusable } from '../../services/local/data-directory.ts'
import { LocalFault } from '../../services/local/fault.ts'
import { InternalPorts } from '../../services/local/internal-ports.ts'
import { LogTail } from '../../services/local/log-tail.ts'
import { identify } from '../../services/local/process-identity.ts'
import { freePort } from '../support/infrastructure.ts'
import { temporaryFolder } from '../support/temporary.ts'

const newPath = () => join(temporaryFolder('directory'), 'data')

/** The message of the {@link LocalFault} that this must end with. */
async function faultOf(work: Promise<unknown>): Promise<string> {
  const fault = await work.then(
    () => undefined,
    (error: unknown) => error,
  )
  assert.ok(fault instanceof LocalFault, String(fault))
  return fault.message
}

describe('the data directory', () => {
  it('belongs to one start at a time', async () => {
    const path = newPath()
    const first = await openDataDirectory(path)
    assert.match(await faultOf(openDataDirectory(path)), new RegExp(`already, as process ${process.pid}\\.`))
    await first.release()
    await (await openDataDirectory(path)).release()
  })

  it('is free when the process that had it is gone, or its number belongs to another now', async () => {
    const ended = spawnSync('true').pid
    for (const left of [
      { pid: ended, startedAt: 'x' },
      { pid: process.pid, startedAt: 'x' },
      'no such form',
    ]) {
      const path = newPath()
      mkdirSync(path)
      writeFileSync(join(path, 'supervisor.pid'), JSON.stringify(left))
      const data = await openDataDirectory(path)
      assert.deepEqual(
        JSON.parse(await readFile(data.file('supervisor.pid'), 'utf8')),
        await identify(process.pid),
      )
      await data.release()
    }
  })

  it('goes to one of many that find the same stale pid file', async () => {
    const path = newPath()
    mkdirSync(path)
    writeFileSync(join(path, 'supervisor.pid'), '{}')
    const results = await Promise.allSettled(Array.from({ length: 8 }, () => openDataDirectory(path)))
    assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1)
  })

  it('of another or an unreadable version is left alone', async () => {
    for (const version of ['{"layout":2}', '{"layout":0}', '{}', 'broken']) {
      const path = newPath()
      mkdirSync(path)
      writeFileSync(join(path, 'version.json'), version)
      assert.match(await faultOf(openDataDirectory(path)), /version\.json/)
      assert.equal(existsSync(join(path, 'supervisor.pid')), false, 'nor kept locked')
    }
  })

  it('that cannot be made is one clear error', async () => {
    const folder = temporaryFolder('directory')
    writeFileSync(join(folder, 'file'), '')
    assert.match(await faultOf(openDataDirectory(join(folder, 'file', 'data'))), /cannot be used \(ENOTDIR\)/)
    const full = Object.assign(new Error('full'), { code: 'ENOSPC' })
    assert.equal(unusable('/data', full), 'The disk that holds /data is full.')
  })
})

describe('addresses, checked before anything starts', () => {
  const listens = async () => ({
    dnsListen: [{ host: '127.0.0.1', port: await freePort() }],
    edgeHttpListen: { host: '127.0.0.1', port: await freePort() },
    apiListen: { host: '127.0.0.1', port: await freePort() },
  })

  it('are fine when they are free', async () => await checkAddresses(await listens()))

  it('in use, by UDP or TCP: all of them, each with its variable and who has it', async () => {
    const config = await listens()
    const udp = createSocket('udp4').bind(config.dnsListen[0]!.port, '127.0.0.1')
    const tcp = createServer().listen(config.edgeHttpListen.port, '127.0.0.1')
    await Promise.all([once(udp, 'listening'), once(tcp, 'listening')])
    const message = await faultOf(checkAddresses(config))
    udp.close()
    tcp.close()
    assert.match(message, /ZONELOG_DNS_LISTEN 127\.0\.0\.1:\d+ is in use \(UDP\)/)
    assert.match(message, /ZONELOG_EDGE_HTTP_LISTEN 127\.0\.0\.1:\d+ is in use \(TCP\)/)
    assert.equal(message.split('\n').length, 2)
    if (process.platform === 'linux')
      assert.equal(message.match(new RegExp(`\\(process ${process.pid}\\)`, 'g'))?.length, 2, message)
  })

  it('that this machine does not have, or that are named twice', async () => {
    const config = await listens()
    const elsewhere = { ...config, apiListen: { host: '192.0.2.1', port: 8053 } }
    assert.match(await faultOf(checkAddresses(elsewhere)), /ZONELOG_API_LISTEN .* no such address/)
    const double = { ...config, apiListen: config.edgeHttpListen }
    assert.match(
      await faultOf(checkAddresses(double)),
      /ZONELOG_API_LISTEN and ZONELOG_EDGE_HTTP_LISTEN both name/,
    )
  })
})

describe('ports of the internal servers', () => {
  it('stay the same, until somebody else has one', async () => {
    const data = await openDataDirectory(newPath())
    const said: string[] = []
    const chosen = async () => {
      const ports = new InternalPorts(data, (line) => said.push(line))
      await ports.read()
      let used = 0
      await ports.use('nats', async (port) => {
        used = port
      })
      return used
    }
    const first = await chosen()
    assert.equal(await chosen(), first)
    assert.deepEqual(said, [])
    const other = createServer().listen(first, '127.0.0.1')
    await once(other, 'listening')
    assert.notEqual(await chosen(), first)
    assert.match(said.join(), /nats had so far, is in use/)
    other.close()
    await data.release()
  })

  it('are tried again where another program was quicker', async () => {
    const data = await openDataDirectory(newPath())
    const ports = new InternalPorts(data, () => {})
    const tried: number[] = []
    const other = createServer()
    await ports.use('postgres', async (port) => {
      tried.push(port)
      if (tried.length > 1) return
      other.listen(port, '127.0.0.1')
      await once(other, 'listening')
      throw new Error('address in use')
    })
    other.close()
    assert.equal(tried.length, 2)
    assert.notEqual(tried[0], tried[1])
    await data.release()
  })
})

describe('a log file', () => {
  it('is followed line by line, from where it ended', () => {
    const file = join(temporaryFolder('log'), 'log')
    writeFileSync(file, 'old\n')
    const lines: string[] = []
    const tail = new LogTail(file, (line) => lines.push(line))
    writeFileSync(file, 'one\ntw', { flag: 'a' })
    tail.read()
    writeFileSync(file, 'o\n\nthree\n', { flag: 'a' })
    assert.deepEqual(tail.lastLines(), ['one', 'two', 'three'])
    assert.deepEqual(lines, ['one', 'two', 'three'])
    tail.close()
  })

  it('is cut at its limit, and one older piece is kept', () => {
    const file = join(temporaryFolder('log'), 'log')
    let count = 0
    const tail = new LogTail(file, () => {
      count += 1
    })
    const block = `${'x'.repeat(1023)}\n`.repeat(1024)
    for (let megabyte = 0; megabyte < 25; megabyte++) {
      writeFileSync(file, block, { flag: 'a' })
      tail.read()
    }
    tail.close()
    assert.equal(count, 25 * 1024)
    assert.ok(existsSync(`${file}.1`))
  })
})
