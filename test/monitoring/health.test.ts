import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type EdgeFacts, edgeHealth } from '../../services/edge/health.ts'
import { type UnsafeSetting, unsafeSettings } from '../../services/zone-writer/durability.ts'
import { type WriterFacts, writerHealth } from '../../services/zone-writer/health.ts'
import type { DurabilitySettings } from '../../services/zone-writer/store/server-settings.ts'
import { answerProbe, type Health, readinessProbe } from '../../shared/health.ts'

// The table of docs/operations.md; a running edge and writer are asked in telemetry.test.ts.

const EDGE: EdgeFacts = {
  isStarted: true,
  isClosed: false,
  isPreloaded: true,
  isDraining: false,
  isUnconfirmed: false,
  nats: { connected: true, breaker: 'closed' },
  zones: { known: 3, held: 2, behind: 0, expired: 0, tooLarge: 0 },
  lag: { events: 0, seconds: 0, unconfirmedSeconds: 1 },
  updatesInFlight: 0,
}
const WRITER: WriterFacts = {
  isClosed: false,
  unsafe: [],
  postgres: { breaker: 'closed', answers: true },
  nats: { connected: true },
  partitions: [0, 1],
}

/** What is wrong with Postgres where it is set so. */
function unsafe(settings: Partial<DurabilitySettings>): UnsafeSetting[] {
  const safe = { fsync: 'on', fullPageWrites: 'on', synchronousCommit: 'on', standbyNames: '' }
  return unsafeSettings({ ...safe, ...settings })
}

/** `live ready accepting status`, each as the first letter of yes or no. */
function brief({ live, ready, accepting, status }: Health): string {
  return `${[live, ready, accepting].map((is) => (is ? 'y' : 'n')).join('')} ${status}`
}

const EDGES: readonly [title: string, facts: Partial<EdgeFacts>, expected: string][] = [
  ['all is well', {}, 'yyy ok'],
  ['it waits for the catalog', { isStarted: false, isPreloaded: false }, 'ynn starting'],
  ['it fetches zones that it is to hold', { isPreloaded: false }, 'yny degraded'],
  ['it was asked to end', { isDraining: true }, 'ynn degraded'],
  ['NATS is gone', { nats: { connected: false, breaker: 'closed' } }, 'yyn degraded'],
  ['the breaker is open', { nats: { connected: true, breaker: 'open' } }, 'yyn degraded'],
  ['the breaker tries again', { nats: { connected: true, breaker: 'half-open' } }, 'yyy ok'],
  ['no writer confirms its zones', { isUnconfirmed: true }, 'yyy degraded'],
  ['it lacks events', { lag: { events: 4, seconds: 6, unconfirmedSeconds: 6 } }, 'yyy degraded'],
  ['it lacked events for a moment', { lag: { events: 4, seconds: 0.2, unconfirmedSeconds: 6 } }, 'yyy ok'],
  ['zones have expired', { zones: { ...EDGE.zones, expired: 1 } }, 'yyy degraded'],
  ['zones are too large', { zones: { ...EDGE.zones, tooLarge: 1 } }, 'yyy degraded'],
  ['NATS has ended for good', { isClosed: true }, 'nnn degraded'],
]

const WRITERS: readonly [title: string, facts: Partial<WriterFacts>, expected: string][] = [
  ['all is well', {}, 'yyy ok'],
  ['NATS is gone', { nats: { connected: false } }, 'ynn degraded'],
  ['Postgres does not answer', { postgres: { breaker: 'closed', answers: false } }, 'ynn degraded'],
  ['the breaker is open', { postgres: { breaker: 'open', answers: true } }, 'ynn degraded'],
  ['commits are not kept', { unsafe: unsafe({ synchronousCommit: 'off' }) }, 'ynn degraded'],
  ['others have all partitions', { partitions: [] }, 'yyy ok'],
  ['NATS has ended for good', { isClosed: true, nats: { connected: false } }, 'nnn degraded'],
]

describe('an edge is live, ready, accepting', () => {
  for (const [title, facts, expected] of EDGES)
    it(`${expected}: ${title}`, () => assert.equal(brief(edgeHealth({ ...EDGE, ...facts })), expected))
})

describe('a writer is live, ready, accepting', () => {
  for (const [title, facts, expected] of WRITERS)
    it(`${expected}: ${title}`, () => assert.equal(brief(writerHealth({ ...WRITER, ...facts })), expected))
})

describe('what is wrong', () => {
  it('is said with what to do, for everything that is not ok', () => {
    const all = [
      ...EDGES.map(([, facts]) => edgeHealth({ ...EDGE, ...facts })),
      ...WRITERS.map(([, facts]) => writerHealth({ ...WRITER, ...facts })),
    ]
    for (const { status, problems } of all) {
      assert.equal(problems.length > 0, status !== 'ok')
      for (const { what, todo } of problems) assert.ok(what !== '' && todo !== '')
    }
  })

  it('tells of settings with which updates may be lost, though updates are decided', () => {
    const { ready, problems } = writerHealth({
      ...WRITER,
      unsafe: unsafe({ fsync: 'off', fullPageWrites: 'off' }),
    })
    assert.equal(ready, true)
    assert.match(problems[0]!.what, /2 settings of Postgres/)
  })

  it('is in the body of a probe, whose status is the answer to what was asked', () => {
    const health = edgeHealth({ ...EDGE, nats: { connected: false, breaker: 'closed' } })
    assert.equal(answerProbe(health, readinessProbe({})).code, 200)
    const { code, body } = answerProbe(health, readinessProbe({ for: 'updates' }))
    assert.equal(code, 503)
    assert.match(JSON.stringify(body), /"accepting":false,.*no connection to NATS/)
  })
})
