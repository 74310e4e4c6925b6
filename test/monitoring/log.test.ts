import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { pino } from 'pino'
import { readableService } from '../../services/local/readable-log.ts'
import { runCommand } from '../../services/local/run-command.ts'
import { LogLines } from '../../shared/log-lines.ts'
import { readableLine } from '../../shared/log-text.ts'

const line = (fields: object) =>
  JSON.stringify({ level: 'info', time: '2026-03-01T10:00:00.123Z', service: 'edge', ...fields })

describe('a line of the log for people', () => {
  it('has time of day, level, service and message first, then the other fields', () =>
    assert.equal(
      readableLine(
        line({ event: 'example.com#42', detail: 'two words', ms: { publish: 1, queue: 0 }, msg: 'update' }),
        false,
      ),
      '10:00:00.123 info  edge: update event=example.com#42 detail="two words" ms=publish:1,queue:0',
    ))

  it('shows where an error came from, below', () =>
    assert.equal(
      readableLine(
        line({ level: 'error', error: { message: 'm', stack: 'Error: m\n    at x' }, msg: 'failed' }),
        false,
      ),
      '10:00:00.123 error edge: failed\n  Error: m\n      at x',
    ))

  it('is coloured by its level on a terminal alone', () => {
    const warning = line({ level: 'warn', msg: 'm' })
    assert.ok(readableLine(warning, true).includes('\u001B[33mwarn'))
    assert.ok(!readableLine(warning, false).includes('\u001B'))
  })

  it('stays as it is where it is none of ours', () => {
    for (const other of ['a crash', '{"a":1}', '[1]', 'null', '{'])
      assert.equal(readableLine(`${other}\n`, false), other)
  })

  it('is left out at `zonelog start` unless somebody should act', () => {
    assert.equal(readableService(line({ msg: 'update' })), undefined)
    assert.equal(readableService(line({ level: 'warn', msg: 'look' })), 'look')
  })
})

describe('lines that leave together', () => {
  const time = new Date('2026-03-01T10:00:00.123Z')
  const writes: string[] = []
  const log = pino(
    {
      base: { service: 'writer' },
      timestamp: () => `,"time":"${time.toISOString()}"`,
      formatters: { level: (level) => ({ level }) },
    },
    { write: (text) => void writes.push(text) },
  ).child({ partition: 7 })
  const entries = [
    { zone: 'a"\\046.example', rule: undefined, ms: { queue: 0.1 }, serial: 4294967295 },
    { detail: 'ü\n', seq: 0, empty: '' },
  ]

  it('are those that the logger would write, in one write', () => {
    for (const entry of entries) log.info(entry, 'update "a"')
    const byItself = writes.splice(0).join('')
    const lines = new LogLines(log, time)
    for (const entry of entries) lines.add(entry, 'update "a"')
    lines.write()
    assert.deepEqual(writes, [byItself])
  })

  it('are none where there is nothing to say', () => {
    writes.length = 0
    new LogLines(log).write()
    assert.deepEqual(writes, [])
  })
})

describe('the log of a process', () => {
  it('is written to its last line, however the process ends', async () => {
    const log = new URL('../../shared/log.ts', import.meta.url).href
    const program = `
      const { createLogger } = await import(${JSON.stringify(log)})
      const log = createLogger('edge', { logLevel: 'info', logFormat: 'auto' })
      for (let line = 1; line <= 2_000; line++) log.info({ line }, 'm')
      process.exit(3)`
    const options = ['--disable-warning=ExperimentalWarning', '--input-type=module', '--eval', program]
    const { status, stdout } = await runCommand(process.execPath, options)
    assert.equal(status, 3)
    const lines = stdout.trim().split('\n')
    assert.equal(lines.length, 2_000)
    assert.equal(JSON.parse(lines.at(-1)!).line, 2_000)
  })
})
