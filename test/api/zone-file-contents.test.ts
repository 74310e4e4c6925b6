import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { contentsFromFile } from '../../services/zone-writer/admin/zone-file-contents.ts'
import { nameOf } from '../../shared/dns/name.ts'
import { recordToText } from '../../shared/dns/zone-file-text.ts'

const ZONE = nameOf('example.com')
const HEAD = '$TTL 300\n@ SOA ns1 host 7 3600 600 86400 60\n@ NS ns1\nns1 A 192.0.2.1\n'

function faultsOf(text: string): string[] {
  const contents = contentsFromFile(text, ZONE)
  return contents.ok ? [] : contents.details.map(({ message }) => message)
}

function warningsOf(text: string): readonly string[] {
  const contents = contentsFromFile(text, ZONE)
  assert.ok(contents.ok)
  return contents.value.warnings
}

describe('a zone from a zone file', () => {
  it('is the SOA and the other records, as given', () => {
    const contents = contentsFromFile(`${HEAD}Www TXT "A b"\n`, ZONE)
    assert.ok(contents.ok)
    assert.equal(
      recordToText(contents.value.soa),
      'example.com. 300 IN SOA ns1.example.com. host.example.com. 7 3600 600 86400 60',
    )
    assert.deepEqual(contents.value.others.map(recordToText), [
      'example.com. 300 IN NS ns1.example.com.',
      'ns1.example.com. 300 IN A 192.0.2.1',
      'Www.example.com. 300 IN TXT "A b"',
    ])
    assert.deepEqual(contents.value.warnings, [])
  })

  it('needs an SOA and a name server at the apex; both faults are told at once', () => {
    assert.deepEqual(faultsOf('$TTL 300\nwww A 192.0.2.1\n'), [
      'there is no SOA record at example.com.',
      'there is no NS record at example.com.',
    ])
    assert.equal(faultsOf('').length, 2)
  })

  it('has one SOA', () => {
    assert.match(faultsOf(`${HEAD}@ SOA ns2 host 8 3600 600 86400 60\n`).join(), /2 SOA records/)
    assert.match(
      faultsOf(`${HEAD}sub SOA ns2 host 8 3600 600 86400 60\n`).join(),
      /not at sub\.example\.com\./,
    )
  })

  it('has nothing outside', () => {
    assert.equal(faultsOf(`${HEAD}www.example.net. A 192.0.2.1\n`).length, 1)
    assert.equal(faultsOf(`${HEAD}wwwexample.com. A 192.0.2.1\n`).length, 1)
  })

  it('has a CNAME alone at its name', () => {
    assert.deepEqual(faultsOf(`${HEAD}WWW CNAME ns1\nwww A 192.0.2.1\nwww TXT "x"\n`), [
      'www.example.com. has a CNAME record and also A, TXT',
    ])
    assert.match(faultsOf(`${HEAD}www CNAME ns1\nwww CNAME ns2\n`).join(), /2 CNAME records/)
    assert.match(faultsOf(`${HEAD}d DNAME a\nd DNAME b\n`).join(), /2 DNAME records/)
  })

  it('stores a record once that is given twice, however it is written, and says so', () => {
    const repeated = `${HEAD}www A 192.0.2.1\nWWW A 192.0.2.1\nm MX 10 Mail\nm MX 10 mail\n`
    assert.deepEqual(
      warningsOf(repeated).map((warning) => warning.split(':')[0]),
      ['given more than once, stored once', 'given more than once, stored once'],
    )
  })

  it('RFC 2181 §5.2: gives the records of a set the lowest of their TTLs, and says so', () => {
    const text = `${HEAD}www 300 A 192.0.2.1\nwww 60 A 192.0.2.2\n`
    assert.match(warningsOf(text).join(), /TTLs differ in one set, 60 is stored: www\.example\.com\. A/)
    const contents = contentsFromFile(text, ZONE)
    assert.ok(contents.ok)
    const ttls = contents.value.others.filter((record) => record.name.startsWith('www')).map(({ ttl }) => ttl)
    assert.deepEqual(ttls, [60, 60])
  })

  it('tells all faults with their lines, and at most a hundred', () => {
    const wrong = contentsFromFile(`${HEAD}a A 1.2.3\nb A 192.0.2.1\nc AAAA x\n`, ZONE)
    assert.ok(!wrong.ok)
    assert.deepEqual(
      wrong.details.map(({ line }) => line),
      [5, 7],
    )
    const many = contentsFromFile(HEAD + 'a A x\n'.repeat(500), ZONE)
    assert.ok(!many.ok)
    assert.equal(many.details.length, 101)
    assert.equal(many.details.at(-1)?.message, 'and 400 more')
  })
})
