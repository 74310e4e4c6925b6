import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { stageContents } from '../../services/zone-writer/admin/contents/staging.ts'
import { inTransaction } from '../../services/zone-writer/store/admin-zones.ts'
import { changedRRsets, compareStaged } from '../../services/zone-writer/store/changed-rrsets.ts'
import { nameOf } from '../../shared/dns/name.ts'
import { rrsetLines } from '../../shared/dns/zone-file-text.ts'
import { administration, listOf } from './fixture.ts'

const ZONE = nameOf('example.com')
const HEAD = '$TTL 300\n@ SOA ns1 host 7 3600 600 86400 60\n@ NS ns1\nns1 A 192.0.2.1\n'

let context: Awaited<ReturnType<typeof administration>>
before(async () => {
  context = await administration()
})
after(() => context.close())

/** What a file would be stored as. */
async function contentsOf(text: string) {
  return await inTransaction(context.db, async (trx) => {
    const staged = await stageContents(trx, ZONE, [text])
    if (!staged.ok) return staged
    await compareStaged(trx, undefined)
    const others = (await listOf(changedRRsets(trx))).flatMap(({ after }) => [...rrsetLines(after!)])
    return { ...staged, value: { ...staged.value, others } }
  })
}

async function faultsOf(text: string): Promise<string[]> {
  const contents = await contentsOf(text)
  return contents.ok ? [] : contents.details.map(({ message }) => message)
}

async function warningsOf(text: string): Promise<readonly string[]> {
  const contents = await contentsOf(text)
  assert.ok(contents.ok)
  return contents.value.warnings
}

describe('a zone from a zone file', () => {
  it('is the SOA and the other records, as given', async () => {
    const contents = await contentsOf(`${HEAD}Www TXT "A b"\n`)
    assert.ok(contents.ok)
    assert.equal(
      [...rrsetLines(contents.value.soa)].join(),
      'example.com. 300 IN SOA ns1.example.com. host.example.com. 7 3600 600 86400 60',
    )
    assert.deepEqual(contents.value.others, [
      'example.com. 300 IN NS ns1.example.com.',
      'ns1.example.com. 300 IN A 192.0.2.1',
      'Www.example.com. 300 IN TXT "A b"',
    ])
    assert.deepEqual(contents.value.warnings, [])
  })

  it('needs an SOA and a name server at the apex; both faults are told at once', async () => {
    assert.deepEqual(await faultsOf('$TTL 300\nwww A 192.0.2.1\n'), [
      'there is no SOA record at example.com.',
      'there is no NS record at example.com.',
    ])
    assert.equal((await faultsOf('')).length, 2)
  })

  it('has one SOA', async () => {
    assert.match((await faultsOf(`${HEAD}@ SOA ns2 host 8 3600 600 86400 60\n`)).join(), /2 SOA records/)
    assert.match(
      (await faultsOf(`${HEAD}sub SOA ns2 host 8 3600 600 86400 60\n`)).join(),
      /not at sub\.example\.com\./,
    )
  })

  it('has nothing outside', async () => {
    assert.equal((await faultsOf(`${HEAD}www.example.net. A 192.0.2.1\n`)).length, 1)
    assert.equal((await faultsOf(`${HEAD}wwwexample.com. A 192.0.2.1\n`)).length, 1)
  })

  it('has a CNAME alone at its name', async () => {
    assert.deepEqual(await faultsOf(`${HEAD}WWW CNAME ns1\nwww A 192.0.2.1\nwww TXT "x"\n`), [
      'www.example.com. has a CNAME record and also A, TXT',
    ])
    assert.match((await faultsOf(`${HEAD}www CNAME ns1\nwww CNAME ns2\n`)).join(), /2 CNAME records/)
    assert.match((await faultsOf(`${HEAD}d DNAME a\nd DNAME b\n`)).join(), /2 DNAME records/)
  })

  it('stores a record once that is given twice, however it is written, and says so', async () => {
    const repeated = `${HEAD}www A 192.0.2.1\nWWW A 192.0.2.1\nm MX 10 Mail\nm MX 10 mail\n`
    assert.deepEqual(
      (await warningsOf(repeated)).map((warning) => warning.split(':')[0]),
      ['given more than once, stored once', 'given more than once, stored once'],
    )
  })

  it('RFC 2181 §5.2: gives the records of a set the lowest of their TTLs, and says so', async () => {
    const text = `${HEAD}www 300 A 192.0.2.1\nwww 60 A 192.0.2.2\n`
    assert.match(
      (await warningsOf(text)).join(),
      /TTLs differ in one set, 60 is stored: www\.example\.com\. A/,
    )
    const contents = await contentsOf(text)
    assert.ok(contents.ok)
    const ttls = contents.value.others
      .filter((line) => line.startsWith('www'))
      .map((line) => line.split(' ')[1])
    assert.deepEqual(ttls, ['60', '60'])
  })

  it('tells all faults with their lines, and at most a hundred', async () => {
    const wrong = await contentsOf(`${HEAD}a A 1.2.3\nb A 192.0.2.1\nc AAAA x\n`)
    assert.ok(!wrong.ok)
    assert.deepEqual(
      wrong.details.map(({ line }) => line),
      [5, 7],
    )
    const many = await contentsOf(HEAD + 'a A x\n'.repeat(500))
    assert.ok(!many.ok)
    assert.equal(many.details.length, 101)
    assert.equal(many.details.at(-1)?.message, 'and 400 more')
  })
})
