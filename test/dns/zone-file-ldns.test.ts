import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Type, typeFromText } from '../../shared/dns/codes.ts'
import { nameOf } from '../../shared/dns/name.ts'
import { genericToText } from '../../shared/dns/rdata/generic.ts'
import type { ResourceRecord } from '../../shared/dns/record.ts'
import { parseZoneFile } from '../../shared/dns/zone-file.ts'
import { recordToText } from '../../shared/dns/zone-file-text.ts'
import { missing, readByLdns } from './programs.ts'
import { SAMPLES } from './samples.ts'

const ORIGIN = nameOf('example.com')
const HEAD = '$TTL 60\nexample.com. 60 IN SOA ns.example.com. h.example.com. 1 2 3 4 5\n'

/** Types that ldns 1.8 has no text for, or, for the last five, not for every form: they go there as RFC 3597 writes them. */
const GENERIC = new Set(
  [
    'A6',
    'SINK',
    'NINFO',
    'RKEY',
    'DSYNC',
    'HHIT',
    'BRID',
    'AVC',
    'DOA',
    'AMTRELAY',
    'RESINFO',
    'WALLET',
    'TA',
  ]
    .concat(['WKS', 'NSAP-PTR', 'KEY', 'ATMA', 'CSYNC'])
    .map(typeFromText),
)

/** Types that ldns takes, but whose own text of them is not what it took. */
const MISPRINTED = new Set(['WKS', 'NSAP-PTR', 'SINK', 'ATMA'].map(typeFromText))

function records(text: string): ResourceRecord[] {
  const parsed = parseZoneFile(text, { origin: ORIGIN })
  assert.ok(parsed.ok, parsed.ok ? '' : JSON.stringify(parsed.errors))
  return parsed.records
}

function lineFor(record: ResourceRecord): string {
  if (!GENERIC.has(record.type)) return recordToText(record)
  return `${record.name} ${record.ttl} IN TYPE${record.type} ${genericToText(record.rdata)}`
}

describe('ldns reads our zone files as we do', { skip: missing('ldns-read-zone', '-v') }, () => {
  const readBack = (given: readonly ResourceRecord[]): ResourceRecord[] => {
    const { status, stdout, stderr } = readByLdns(`${HEAD}${given.map(lineFor).join('\n')}\n`)
    assert.equal(status, 0, stderr)
    return records(stdout).filter(({ type }) => type !== Type.SOA)
  }

  it('for every type', () => {
    const given = SAMPLES.flatMap(([type, ...texts], at) =>
      texts.flatMap((text) => records(`$TTL 60\nn${at} ${type} ${text}\n`)),
    )
    const printed = ({ type }: ResourceRecord) => !MISPRINTED.has(type)
    const back = readBack(given.filter(printed))
    assert.deepEqual(back.map(recordToText).toSorted(), given.filter(printed).map(recordToText).toSorted())
    assert.equal(readByLdns(`${HEAD}${given.map(lineFor).join('\n')}\n`).status, 0)
  })

  it('for names of any octets', () => {
    const names = [
      '\\*\\.\\\\',
      '*',
      '\\@',
      '\\000\\255\\010',
      'in',
      '60',
      'Case.KEPT',
      'x'.repeat(63),
      '\\046a',
      'a\\;b',
      '\\(\\)',
    ]
    const given = records(`$TTL 60\n${names.map((name) => `${name} A 192.0.2.1`).join('\n')}\n`)
    assert.deepEqual(readBack(given).map(recordToText).toSorted(), given.map(recordToText).toSorted())
  })

  it('for names that it then prints without their escapes', () => {
    for (const name of ['\\$TTL', '\\"']) {
      const { status, stderr } = readByLdns(
        `${HEAD}${recordToText(records(`${name} 60 A 192.0.2.1\n`)[0]!)}\n`,
      )
      assert.equal(status, 0, stderr)
    }
  })
})
