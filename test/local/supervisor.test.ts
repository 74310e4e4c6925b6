import assert from 'node:assert/strict'
import { appendFileSync, readdirSync, readFileSync } from 'node:fs'
import { getPriority } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { Child } from '../../services/local/child.ts'
import { openDataDirectory } from '../../services/local/data-directory.ts'
import { ChildRecord } from '../../services/local/leftovers.ts'
import { precede } from '../../services/local/precedence.ts'
import { identify } from '../../services/local/process-identity.ts'
import {
  readableNats,
  readablePostgres,
  readableService,
  tellsOfFullDisk,
} from '../../services/local/readable-log.ts'
import { Supervised } from '../../services/local/supervisor.ts'
import { autogroupOf, whyNoPrecedence } from '../support/precedence.ts'
import { endWithUs, temporaryFolder } from '../support/temporary.ts'
import { until } from '../support/until.ts'

/** A supervised shell script; it counts as ready as soon as it runs. */
async function supervisedScript(script: string) {
  const data = await openDataDirectory(join(temporaryFolder('supervisor'), 'data'))
  const said: string[] = []
  const gaveUp: string[] = []
  const children: Child[] = []
  const logFile = data.file('logs/script.log')
  const part = {
    name: 'script',
    logFile,
    readable: readableService,
    launch: async (onStart: (child: Child) => void) => {
      const child = await Child.start('sh', { args: ['-c', script], logFile, onStart })
      children.push(child)
      endWithUs(child.pid)
      if (script.startsWith('exit')) {
        await child.ended
        throw new Error('it ended at once')
      }
    },
    stop: async (child: Child) => void (await child.stop('SIGTERM', 1_000)),
  }
  const around = {
    record: new ChildRecord(data),
    say: (line: string) => said.push(line),
    giveUp: (reason: string) => gaveUp.push(reason),
  }
  return { supervised: new Supervised(part, around), data, said, gaveUp, children, part }
}

describe('a supervised child', () => {
  it('is started again when it dies, and one line says so', async () => {
    const { supervised, said, children } = await supervisedScript('sleep 60')
    await supervised.start()
    children[0]?.kill()
    await until('it runs again', () => children.length === 2 && said.includes('script runs again.'))
    assert.deepEqual(said, ['script ended (signal SIGKILL); starting it again …', 'script runs again.'])
    await supervised.stop()
    assert.deepEqual(children[1]?.end, { code: null, signal: 'SIGTERM' })
    assert.equal(said.length, 2, 'an ordered stop is no news')
  })

  it('that fails at its first start is a fault with its last lines', async () => {
    const { supervised, part } = await supervisedScript('exit 3')
    appendFileSync(part.logFile, 'older line\n')
    const { launch } = part
    part.launch = async (onStart) => {
      appendFileSync(part.logFile, 'the reason\n')
      await launch(onStart)
    }
    await assert.rejects(supervised.start(), /script does not start: it ended at once[\s\S]*the reason/)
    await supervised.stop()
  })

  it('that cannot be started again ends everything, with its last lines', async () => {
    const { supervised, gaveUp, children, part } = await supervisedScript('sleep 60')
    await supervised.start()
    part.launch = async () => {
      appendFileSync(part.logFile, 'the reason\n')
      throw new Error('it ended at once')
    }
    children[0]?.kill()
    await until('the supervisor gives up', () => gaveUp.length === 1)
    assert.match(gaveUp[0]!, /it ended at once[\s\S]*the reason[\s\S]*5 starts in a row failed/)
    await supervised.stop()
  })

  it('is killed when it does not end in time', async () => {
    const { supervised, children, part } = await supervisedScript(
      'trap "" TERM; echo armed; sleep 60 & wait; sleep 60',
    )
    await supervised.start()
    await until('it is deaf to SIGTERM', () => readFileSync(part.logFile, 'utf8').includes('armed'))
    await supervised.stop()
    assert.equal(children[0]?.end?.signal, 'SIGKILL')
  })

  it('left running by a supervisor that was killed is stopped by the next one, which says so', async () => {
    const data = await openDataDirectory(join(temporaryFolder('supervisor'), 'data'))
    const child = await Child.start('sleep', { args: ['60'], logFile: data.file('logs/edge.log') })
    endWithUs(child.pid)
    await new ChildRecord(data).add('edge', await identify(child.pid))
    const said: string[] = []
    await new ChildRecord(data).stopLeftovers((line) => said.push(line))
    assert.deepEqual(await child.ended, { code: null, signal: 'SIGTERM' })
    assert.match(said.join(), /Stopping edge \(process \d+\), left running by a start that was killed/)
  })

  it('is not mistaken for a process that has its number now', async () => {
    const data = await openDataDirectory(join(temporaryFolder('supervisor'), 'data'))
    const child = await Child.start('sleep', { args: ['60'], logFile: data.file('logs/edge.log') })
    endWithUs(child.pid)
    await new ChildRecord(data).add('edge', { pid: child.pid, startedAt: 'at another time' })
    await new ChildRecord(data).stopLeftovers(() => assert.fail('nothing to stop'))
    assert.equal(child.end, undefined)
  })
})

describe('precedence', () => {
  const startNode = async (args: readonly string[]) => {
    const logFile = join(temporaryFolder('precedence'), 'log')
    const child = await Child.start(process.execPath, { args, logFile })
    endWithUs(child.pid)
    return child
  }

  it('is given to one session among all, to all threads of the process, and to nobody else', {
    skip: whyNoPrecedence(),
  }, async () => {
    const before = [autogroupOf(process.pid), getPriority()]
    const child = await startNode(['-e', 'setInterval(() => {}, 1_000)'])
    const threads = () => readdirSync(`/proc/${child.pid}/task`).map(Number)
    await until('it has threads', () => threads().length > 4)
    assert.equal(autogroupOf(child.pid)?.nice, 0)
    assert.equal(precede(child.pid, -7), true)
    assert.equal(autogroupOf(child.pid)?.nice, -7)
    for (const thread of threads()) assert.equal(getPriority(thread), -7)
    assert.notEqual(autogroupOf(child.pid)?.name, autogroupOf(process.pid)?.name)
    assert.deepEqual([autogroupOf(process.pid), getPriority()], before)
    child.kill()
  })

  it('of a process that has ended is no fault', async () => {
    const child = await startNode(['-e', ''])
    await child.ended
    assert.equal(precede(child.pid, -7), false)
  })
})

describe('what a person at the terminal sees of a log', () => {
  it('warnings and errors of our services, without their JSON', () => {
    const line = (level: string, more: object) => JSON.stringify({ level, msg: 'a thing happened', ...more })
    assert.equal(readableService(line('info', {})), undefined)
    assert.equal(readableService(line('warn', {})), 'a thing happened')
    assert.equal(
      readableService(line('error', { error: { message: 'no room' } })),
      'a thing happened: no room',
    )
    assert.equal(readableService('TypeError: not JSON at all'), 'TypeError: not JSON at all')
    assert.equal(readableService('null'), 'null')
  })

  it('faults of the servers, not those of single statements or of every start', () => {
    assert.equal(readablePostgres('x [1] ERROR:  relation does not exist'), undefined)
    assert.equal(readablePostgres('x [1] FATAL:  the database system is starting up'), undefined)
    assert.equal(readablePostgres('x [1] PANIC:  could not write to file'), 'could not write to file')
    assert.equal(readableNats('[1] 2026/01/01 [INF] ready'), undefined)
    assert.equal(readableNats('[1] 2026/01/01 [ERR] JetStream failed'), 'JetStream failed')
  })

  it('a full disk, whoever reports it', () => {
    for (const line of [
      'ENOSPC: write',
      'PANIC: No space left on device',
      'insufficient storage resources available',
    ])
      assert.ok(tellsOfFullDisk(line), line)
  })
})
