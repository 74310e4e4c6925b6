import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { compare, type Finding } from './answers/compare.ts'
import { ANSWER_DIFFERENCES, HELPFUL_ADDRESSES } from './answers/differences.ts'
import { type Compared, OTHERS, race } from './answers/race.ts'

const QUERIES = 24_000

describe(`${QUERIES} queries about the same zones`, () => {
  let all: Compared[]
  let findings: Finding[]
  before(async () => {
    all = await race(QUERIES, 1)
    findings = all.flatMap(compare)
  })

  for (const other of OTHERS)
    it(`get the answers of ${other}, but for the agreed differences`, () => {
      const unexplained = findings.filter((finding) => finding.other === other && finding.title === undefined)
      assert.deepEqual(
        unexplained.slice(0, 5).map(({ text }) => text),
        [],
        `${unexplained.length} in all`,
      )
    })

  it('get their question back octet for octet', () => assert.ok(all.every(({ ours }) => ours.echoed)))

  it('show each agreed difference from each server that it is agreed for', () => {
    for (const { title, others } of [HELPFUL_ADDRESSES, ...ANSWER_DIFFERENCES])
      for (const other of OTHERS.filter((name) => others[name] !== undefined))
        assert.ok(
          findings.some((finding) => finding.other === other && finding.title === title),
          `${title}: ${other}`,
        )
  })

  it('bring every kind of answer', () => {
    const kinds = Map.groupBy(all, ({ ours: { rcode, aa, tc } }) =>
      [rcode, aa && 'aa', tc && 'tc'].filter(Boolean).join(' '),
    )
    for (const [kind, least] of [
      ['NOERROR aa', 5_000],
      ['NXDOMAIN aa', 5_000],
      ['NOERROR', 1_000],
      ['REFUSED', 500],
      ['NOERROR tc', 100],
      ['BADVERS', 100],
      ['NOERROR aa tc', 5],
      ['YXDOMAIN aa', 5],
    ] as const)
      assert.ok((kinds.get(kind)?.length ?? 0) >= least, `${kind}: ${kinds.get(kind)?.length}`)
  })
})
