import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readableService } from '../../services/local/readable-log.ts'
import { runCommand } from '../../services/local/run-command.ts'
import { loggerTo } from '../../shared/log.ts'
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
  const writes: string[] = []
  const sink = { write: (text: string) => void writes.push(text) }
  const log = loggerTo(sink, 'writer', 'info').child({ partition: 7 })
  const entries = [
    { zone: 'a"\\046.example', rule: undefined, ms: { queue: 0.1 }, serial: 4294967295 },
    { detail: 'ü\n', seq: 0, empty: '' },
  ]
  const written = () => writes.splice(0)

  it('are those that the logger would write, in one write', () => {
    const time = new Date('2026-03-01T10:00:00.123Z')
    for (const entry of entries) log.info(entry, 'update "a"')
    const byItself = written().map((line) => line.replace(/(?<="time":")[^"]+/, time.toISOString()))
    const lines = new LogLines(log, time)
    for (const entry of entries) lines.add(entry, 'update "a"')
    lines.write()
    assert.deepEqual(written(), [byItself.join('')])
  })

  it('leave in several writes where they are many: a pipe takes few at once', () => {
    const lines = new LogLines(log)
    for (let line = 0; line < 1_000; line++) lines.add({ line }, 'm')
    lines.write()
    const sizes = writes.map((text) => text.length)
    assert.ok(Math.max(...sizes) < 17_000, `${sizes}`)
    assert.equal(written().join('').match(/\n/g)?.length, 1_000)
  })

  it('are none where there is nothing to say', () => {
    new LogLines(log).write()
    assert.deepEqual(written(), [])
  })
})

describe('the log of a process', () => {
  const module = (name: string) => JSON.stringify(new URL(`../../shared/${name}`, import.meta.url).href)
  const run = async (program: string, format: string) => {
    const start = `
      const { createLogger } = await import(${module('log.ts')})
      const { LogLines } = await import(${module('log-lines.ts')})
      const log = createLogger('edge', { logLevel: 'info', logFormat: '${format}' })`
    const options = ['--disable-warning=ExperimentalWarning', '--input-type=module', '--eval']
    const { status, stdout } = await runCommand(process.execPath, [...options, `${start}\n${program}`])
    return { status, lines: stdout.trim().split('\n') }
  }

  it('is written to its last line, however the process ends', async () => {
    const program = `
      for (let line = 1; line <= 2_000; line++) log.info({ line }, 'm')
      process.exit(3)`
    const { status, lines } = await run(program, 'auto')
    assert.equal(status, 3)
    assert.equal(lines.length, 2_000)
    assert.equal(JSON.parse(lines.at(-1)!).line, 2_000)
  })

  for (const [format, isRight] of [
    ['json', (line: string) => JSON.parse(line).msg === 'm'],
    ['text', (line: string) => / info {2}edge: m line=\d+$/.test(line)],
  ] as const)
    it(`has each line of those that leave together, as ${format}`, async () => {
      const program = `
        const lines = new LogLines(log)
        for (let line = 1; line <= 1_000; line++) lines.add({ line }, 'm')
        lines.write()`
      const { lines } = await run(program, format)
      assert.equal(lines.length, 1_000)
      assert.ok(
        lines.every(isRight),
        lines.find((line) => !isRight(line)),
      )
    })
})
