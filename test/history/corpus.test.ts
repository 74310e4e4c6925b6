import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { eventJson } from '../../services/zone-writer/admin/event-json.ts'
import { eventExportLine, readHistoryLine } from '../../services/zone-writer/history/export-file.ts'
import { readVerified, verifyFile } from '../../services/zone-writer/history/verify/verify-file.ts'
import { EVENT_VERSION } from '../../shared/events/event-codec.ts'

/** What each file of test/history/corpus, named for the version of its events, ends with, and the kinds and reasons of its events. A file never changes. */
const VERSIONS = [
  {
    file: 'version-1',
    events: 168,
    redecided: 116,
    serial: 1795651508,
    hash: '28f9a4f4f556c65e17e62a857a8bbf18bcb000f873fcf79c5f440411afd30c9b',
    kinds: ['alarm', 'create', 'delete', 'import', 'update'],
    reasons: [
      'applied',
      'edge',
      'limit',
      'malformed',
      'not-admitted',
      'not-in-zone',
      'prerequisite',
      'unchanged',
    ],
  },
  // begins with a snapshot, of a time when what testifies to it was not signed
  {
    file: 'version-1-compacted',
    events: 33,
    redecided: 21,
    serial: 141,
    hash: 'e8be58e29fa91840d2f702711be0c37e26df4488a36e4120401d362d64a1da3b',
    kinds: ['compact', 'rebuild', 'snapshot', 'update'],
    reasons: ['applied', 'not-admitted', 'prerequisite', 'unchanged'],
  },
]

const FOLDER = fileURLToPath(new URL('corpus/', import.meta.url))
const NOBODY = `ed25519:${Buffer.alloc(32, 1).toString('base64')}`

describe('P6 events of every version stay readable', () => {
  it('there is a file for every version of the canonical form up to this one', () => {
    const files = readdirSync(FOLDER).filter((name) => name.endsWith('.jsonl'))
    assert.deepEqual(files.sort(), VERSIONS.map(({ file }) => `${file}.jsonl`).sort())
    assert.ok(VERSIONS.at(-1)!.file.startsWith(`version-${EVENT_VERSION}`))
  })

  for (const { file, ...expected } of VERSIONS) {
    const lines = readFileSync(`${FOLDER}${file}.jsonl`, 'utf8').trim().split('\n')
    const events = lines.map(readHistoryLine).flatMap((line) => (line.kind === 'event' ? [line.event] : []))

    it(`${file}: chain, contents and decisions come out as they were recorded`, async () => {
      const { found } = await readVerified(each(lines), undefined)
      assert.deepEqual(found.faults, [])
      assert.deepEqual([found.events, found.redecided], [expected.events, expected.redecided])
      assert.deepEqual([found.serial, found.hash], [expected.serial, expected.hash])
    })

    it(`${file}: has every kind of event, and is written as it was read`, () => {
      assert.deepEqual([...new Set(events.map(({ kind }) => kind))].sort(), expected.kinds)
      assert.deepEqual([...new Set(events.map(({ reason }) => reason))].sort(), expected.reasons)
      for (const event of events) {
        assert.ok(lines.includes(eventExportLine(event)))
        assert.equal(eventJson(event, 'example.com.').seq, event.seq)
      }
    })
  }
})

describe('P6 a snapshot without a signature', () => {
  it('is not believed: whoever can write to the database could have made it', async () => {
    const lines = readFileSync(`${FOLDER}version-1-compacted.jsonl`, 'utf8').trim().split('\n')
    const { faults } = await verifyFile(each(lines), NOBODY)
    assert.equal(faults.length, 1)
    assert.match(faults[0]!.message, /^what event \d+ says of the snapshot .* is not signed with ed25519:/)
  })
})

async function* each<T>(values: readonly T[]): AsyncGenerator<T> {
  yield* values
}
