import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ask, zoneWith } from './answer-support.ts'

// the zone of RFC 4592 §2.2.1, in example.com.
const zone = zoneWith(`
  *             3600  TXT   "this is a wildcard"
  *             3600  MX    10 host1
  sub.*         3600  TXT   "this is not a wildcard"
  host1         3600  A     192.0.2.1
  _ssh._tcp.host1 3600 SRV  0 0 22 host1
  _ssh._tcp.host2 3600 SRV  0 0 22 host2
  subdel        3600  NS    ns.example.com.
  subdel        3600  NS    ns.example.net.
  *.alias       3600  CNAME host1
  *.gone        3600  CNAME nothing.host1
  deep.*.ent    3600  A     192.0.2.2
`)

async function status(question: string): Promise<string> {
  const { status, answer } = await ask(zone, question)
  return `${status} ${answer.join('; ')}`.trim()
}

describe('RFC 4592 §2.2.1: which names a wildcard stands for', () => {
  const CASES = [
    ['host3.example.com. MX', 'NOERROR aa host3.example.com. 3600 IN MX 10 host1.example.com.'],
    ['host3.example.com. A', 'NOERROR aa'],
    ['foo.bar.example.com. TXT', 'NOERROR aa foo.bar.example.com. 3600 IN TXT "this is a wildcard"'],
    ['host1.example.com. MX', 'NOERROR aa'],
    ['sub.*.example.com. MX', 'NOERROR aa'],
    ['_telnet._tcp.host1.example.com. SRV', 'NXDOMAIN aa'],
    ['host.subdel.example.com. A', 'NOERROR'],
    ['ghost.*.example.com. MX', 'NXDOMAIN aa'],
  ] as const
  for (const [question, expected] of CASES)
    it(`${question} → ${expected}`, async () => assert.equal(await status(question), expected))
})

describe('RFC 4592 §2.1.1, §3.3', () => {
  it('the wildcard itself can be asked for', async () =>
    assert.equal(
      await status('*.example.com. TXT'),
      'NOERROR aa *.example.com. 3600 IN TXT "this is a wildcard"',
    ))
  it('the answer bears the name asked for, in its case', async () =>
    assert.equal(
      await status('HoSt3.example.com. TXT'),
      'NOERROR aa HoSt3.example.com. 3600 IN TXT "this is a wildcard"',
    ))
  it('an empty non-terminal keeps the wildcard away from its siblings below', async () =>
    assert.equal(await status('x._tcp.host2.example.com. TXT'), 'NXDOMAIN aa'))
  it('§4.9 a wildcard that only has names below it gives NODATA', async () => {
    assert.equal(await status('any.ent.example.com. A'), 'NOERROR aa')
    assert.equal(await status('ent.example.com. A'), 'NOERROR aa')
  })
  it('§3.3.3 an alias by wildcard is followed', async () =>
    assert.equal(
      await status('x.alias.example.com. A'),
      'NOERROR aa x.alias.example.com. 3600 IN CNAME host1.example.com.; host1.example.com. 3600 IN A 192.0.2.1',
    ))
  it('… and denied where it leads nowhere', async () =>
    assert.equal(
      await status('x.gone.example.com. A'),
      'NXDOMAIN aa x.gone.example.com. 3600 IN CNAME nothing.host1.example.com.',
    ))
})

describe('RFC 6672: DNAME', () => {
  const renamed = zoneWith(`
    old           DNAME  new
    old           A      192.0.2.4
    www.new       A      192.0.2.5
    under.old     A      192.0.2.6
    away          DNAME  example.net.
    long          DNAME  ${'a'.repeat(60)}.${'b'.repeat(60)}.${'c'.repeat(60)}.new
  `)
  async function lines(question: string): Promise<string[]> {
    const { status, answer } = await ask(renamed, question)
    return [status, ...answer]
  }
  it('§3.2 names below it get the DNAME, a CNAME, and what that leads to', async () =>
    assert.deepEqual(await lines('www.old.example.com. A'), [
      'NOERROR aa',
      'old.example.com. 300 IN DNAME new.example.com.',
      'www.old.example.com. 300 IN CNAME www.new.example.com.',
      'www.new.example.com. 300 IN A 192.0.2.5',
    ]))
  it('the owner itself is not redirected', async () => {
    assert.deepEqual(await lines('old.example.com. A'), ['NOERROR aa', 'old.example.com. 300 IN A 192.0.2.4'])
    assert.deepEqual((await lines('old.example.com. DNAME')).length, 2)
  })
  it('hides what is stored below it', async () => {
    assert.equal((await lines('under.old.example.com. A'))[0], 'NXDOMAIN aa')
  })
  it('the CNAME that it stands for can be asked for', async () =>
    assert.deepEqual(await lines('www.old.example.com. CNAME'), [
      'NOERROR aa',
      'old.example.com. 300 IN DNAME new.example.com.',
      'www.old.example.com. 300 IN CNAME www.new.example.com.',
    ]))
  it('leads out of the zone', async () =>
    assert.deepEqual(
      (await lines('www.away.example.com. A')).at(-1),
      'www.away.example.com. 300 IN CNAME www.example.net.',
    ))
  it('§2.2 YXDOMAIN when the new name is too long', async () =>
    assert.deepEqual((await lines(`${'x'.repeat(60)}.y.long.example.com. A`))[0], 'YXDOMAIN aa'))
})
