import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { TestSystem } from '../support/system.ts'
import { endWithUs } from '../support/temporary.ts'
import { until } from '../support/until.ts'

const EXAMPLE = fileURLToPath(new URL('../../docs/examples/siem.ts', import.meta.url))

/** Every field of docs/history.md, and no other. */
const FIELDS = [
  ...[
    'schema',
    'eventId',
    'zone',
    'seq',
    'kind',
    'time',
    'receivedAt',
    'queuedAt',
    'decidedAt',
    'by',
    'source',
  ],
  ...[
    'transport',
    'edge',
    'outcome',
    'section',
    'reason',
    'detail',
    'rule',
    'serialBefore',
    'serialAfter',
    'soaAfter',
  ],
  ...['removedCount', 'addedCount', 'removed', 'added', 'hash'],
]

describe('P5 an outside reader of zonelog.events', () => {
  let system: TestSystem
  before(async () => {
    system = await TestSystem.prepare()
  })
  after(() => system?.close())

  it('docs/examples/siem.ts prints each event as a line of JSON, and goes on where it was', async () => {
    const writer = await system.writer()
    const api = system.api(writer)
    await api.createZone('one.example')
    const first = reader(system.nats.url)
    await until('the first zone is told of', () => first.lines().length === 1)
    await first.stop()
    await api.createZone('two.example')
    const second = reader(system.nats.url)
    await until('the second zone is told of', () => second.lines().length === 1)
    await second.stop()
    const [one, two] = [first.lines()[0]!, second.lines()[0]!]
    assert.deepEqual(Object.keys(one).sort(), FIELDS.toSorted())
    assert.deepEqual(
      [one.schema, one.kind, one.outcome, two.kind],
      ['zonelog.event/1', 'create', 'NOERROR', 'create'],
    )
    assert.notEqual(one.eventId, two.eventId)
  })
})

function reader(url: string) {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', EXAMPLE, url], {
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  })
  endWithUs(child.pid!)
  let out = ''
  child.stdout.on('data', (chunk) => {
    out += chunk
  })
  const ended = new Promise((resolve) => child.once('exit', resolve))
  return {
    lines: () =>
      out
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line)),
    stop: async () => {
      child.kill()
      await ended
    },
  }
}
