import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { derivedSecrets, secretsOfFile } from '../../services/edge/answer/cookie-secrets.ts'
import { ServerCookies } from '../../services/edge/answer/cookies.ts'
import type { ResponderDeps } from '../../services/edge/answer/responder.ts'
import { ConfigError } from '../../shared/config.ts'
import type { MasterKey } from '../../shared/secrets/sealed.ts'
import { sipHash, sipHashKey } from '../../shared/siphash.ts'
import { temporaryFolder } from '../support/temporary.ts'
import { ask, askResponder, responderOf, zoneWith } from './answer-support.ts'

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex')
const cookiesWith = (...secrets: string[]) => {
  const keys = secrets.map((secret) => sipHashKey(hex(secret)))
  return new ServerCookies(() => keys)
}

describe('SipHash-2-4', () => {
  const key = sipHashKey(Uint8Array.from({ length: 16 }, (_, octet) => octet))
  const octets = Uint8Array.from({ length: 64 }, (_, octet) => octet)
  // from the vectors of its authors
  for (const [length, expected] of [
    [0, '310e0edd47db6f72'],
    [1, 'fd67dc93c539f874'],
    [7, '37d1018bf50002ab'],
    [8, '6224939a79f5f593'],
    [15, 'e545be4961ca29a1'],
    [63, '724506eb4c328a95'],
  ] as const)
    it(`of ${length} octets`, () => {
      const out = Buffer.alloc(8)
      sipHash(key, octets, length, out, 0)
      assert.equal(out.toString('hex'), expected)
    })
})

describe('RFC 9018 appendix A', () => {
  const OLD = 'e5e973e5a6b2a43f48e7dc849e37bfcf'
  it('A.1, A.2: a new cookie, and a fresh one half an hour later', () => {
    const cookies = cookiesWith(OLD)
    const first = cookies.answer(hex('2464c4abcf10c957'), '198.51.100.100', 1_559_731_985)
    assert.equal(Buffer.from(first).toString('hex'), '2464c4abcf10c957010000005cf79f111f8130c3eee29480')
    assert.equal(cookies.check(first, '198.51.100.100', 1_559_734_385), 'valid')
    const second = cookies.answer(first, '198.51.100.100', 1_559_734_385)
    assert.equal(Buffer.from(second).toString('hex'), '2464c4abcf10c957010000005cf7a871d4a564a1442aca77')
  })
  it('A.3: octets that are reserved count as they come', () =>
    assert.equal(
      cookiesWith(OLD).check(
        hex('fc93fc62807ddb86 01abcdef 5cf78f71 a314227b6679ebf5'),
        '203.0.113.203',
        1_559_729_000,
      ),
      'valid',
    ))
  it('A.4: an IPv6 client, and a secret that has been replaced', () => {
    const [old, fresh] = ['dd3bdf9344b678b185a6f5cb60fca715', '445536bcd2513298075a5d379663c962']
    const client = '2001:db8:220:1:59de:d0f4:8769:82b8'
    const theirs = hex('22681ab97d52c298 01000000 5cf7c579 26556bd0934c72f8')
    assert.equal(cookiesWith(fresh, old).check(theirs, client, 1_559_741_961), 'valid')
    assert.equal(cookiesWith(fresh).check(theirs, client, 1_559_741_961), 'bad')
    const answer = cookiesWith(fresh, old).answer(theirs, client, 1_559_741_961)
    assert.equal(Buffer.from(answer).toString('hex'), '22681ab97d52c298010000005cf7c609a6bb79d16625507a')
  })
})

describe('RFC 9018 §4.3: which cookies are taken', () => {
  const cookies = cookiesWith('00112233445566778899aabbccddeeff')
  const made = 1_800_000_000
  const cookie = cookies.answer(hex('0102030405060708'), '192.0.2.1', made)
  const CASES = [
    ['at once', '192.0.2.1', made, 'valid'],
    ['for an hour', '192.0.2.1', made + 3_600, 'valid'],
    ['not longer', '192.0.2.1', made + 3_601, 'bad'],
    ['from a clock five minutes ahead', '192.0.2.1', made - 300, 'valid'],
    ['not further ahead', '192.0.2.1', made - 301, 'bad'],
    ['from no other address', '192.0.2.2', made, 'bad'],
  ] as const
  for (const [what, address, now, verdict] of CASES)
    it(what, () => assert.equal(cookies.check(cookie, address, now), verdict))
  it('none with a bit changed', () => {
    for (let at = 0; at < cookie.length; at++) {
      const changed = Uint8Array.from(cookie)
      changed[at]! ^= 1
      assert.equal(cookies.check(changed, '192.0.2.1', made), 'bad', `octet ${at}`)
    }
  })
  it('RFC 7873 §5.2.2: lengths that no cookie has are malformed', () => {
    for (const length of [0, 1, 7, 9, 15, 41, 64])
      assert.equal(cookies.check(Buffer.alloc(length), '192.0.2.1', made), 'malformed', `${length} octets`)
    for (const length of [16, 17, 40])
      assert.equal(cookies.check(Buffer.alloc(length), '192.0.2.1', made), 'bad', `${length} octets`)
    assert.equal(cookies.check(Buffer.alloc(8), '192.0.2.1', made), 'new')
  })
})

describe('secrets of cookies', () => {
  const master = Buffer.alloc(32, 7) as Uint8Array as MasterKey
  const other = Buffer.alloc(32, 8) as Uint8Array as MasterKey
  const midnight = 86_400 * 20_000
  it('are the same on every edge with the same master key, and another each day', () => {
    const [one, two] = [derivedSecrets([master]), derivedSecrets([master])]
    assert.deepEqual(one(midnight), two(midnight + 86_399))
    assert.notDeepEqual(one(midnight), one(midnight + 86_400))
    assert.notDeepEqual(one(midnight), derivedSecrets([other])(midnight))
  })
  it('a cookie of before midnight is taken after it, by another edge', () => {
    const cookie = new ServerCookies(derivedSecrets([master])).answer(
      Buffer.alloc(8, 1),
      '192.0.2.1',
      midnight - 1,
    )
    const another = new ServerCookies(derivedSecrets([master]))
    assert.equal(another.check(cookie, '192.0.2.1', midnight + 3_000), 'valid')
  })
  it('while a new master key is brought in, cookies under either are taken', () => {
    const cookie = new ServerCookies(derivedSecrets([other])).answer(
      Buffer.alloc(8, 1),
      '192.0.2.1',
      midnight,
    )
    const both = new ServerCookies(derivedSecrets([master, other]))
    assert.equal(both.check(cookie, '192.0.2.1', midnight), 'valid')
  })
  it('come from a file where other servers share them: the first makes, all are accepted', () => {
    const file = join(temporaryFolder('cookies'), 'secrets')
    const secrets = ['00112233445566778899aabbccddeeff', 'ffeeddccbbaa99887766554433221100']
    writeFileSync(file, `# since May\n${secrets[0]}\n\n${secrets[1]} # until June\n`)
    assert.deepEqual(
      secretsOfFile(file)(0),
      secrets.map((secret) => sipHashKey(hex(secret))),
    )
  })
  it('a file without one, or with something else, says what to do and shows no secret', () => {
    const file = join(temporaryFolder('cookies'), 'secrets')
    assert.throws(
      () => secretsOfFile(file),
      /cannot read the cookie secrets .*ENOENT.*ZONELOG_COOKIE_SECRET_FILE/,
    )
    for (const [text, said] of [
      ['# nothing\n', /holds no cookie secret/],
      ['00112233445566778899aabbccddee\n', /secret 1 is not 32 hexadecimal digits/],
    ] as const) {
      writeFileSync(file, text)
      assert.throws(
        () => secretsOfFile(file),
        (error) =>
          error instanceof ConfigError && said.test(error.message) && !error.message.includes('0011'),
      )
    }
  })
})

describe('RFC 7873 §5.2: answers to queries with a cookie', () => {
  const zone = zoneWith('www A 192.0.2.1')
  const cookies = cookiesWith('00112233445566778899aabbccddeeff')
  const now = () => 1_800_000_000_000
  const edge: Partial<ResponderDeps> = { cookies, now }
  const CLIENT = hex('0102030405060708')
  const valid = cookies.answer(CLIENT, '192.0.2.99', now() / 1_000)
  const bad = Buffer.concat([CLIENT, Buffer.alloc(16, 1)])
  const withCookie = (data: Uint8Array, more = {}) => ({
    query: { edns: { udpSize: 1232, options: [{ code: 10, data }] }, ...more },
  })
  const cookieIn = (answer: Awaited<ReturnType<typeof ask>>) =>
    answer.message.edns?.options.find(({ code }) => code === 10)?.data

  it('§5.2.1 without one there is none in the answer', async () =>
    assert.equal(cookieIn(await ask(zone, 'www.example.com. A', { edge, query: { edns: {} } })), undefined))
  it('§5.2.2 a malformed one is FORMERR', async () =>
    assert.equal(
      (await ask(zone, 'www.example.com. A', { edge, ...withCookie(Buffer.alloc(9)) })).status,
      'FORMERR',
    ))
  for (const [what, data] of [
    ['§5.2.3 only a client cookie', CLIENT],
    ['§5.2.4 a bad one', bad],
    ['§5.2.5 a valid one', valid],
  ] as const)
    it(`${what}: answered, with a cookie for the next time`, async () => {
      const answer = await ask(zone, 'www.example.com. A', { edge, ...withCookie(data) })
      assert.equal(answer.status, 'NOERROR aa')
      assert.deepEqual(Buffer.from(cookieIn(answer)!), Buffer.from(valid))
    })
  it('where cookies are required, a client that knows them must show one over UDP: else BADCOOKIE, with one', async () => {
    const strict = { ...edge, demandCookies: true }
    for (const [data, transport, status] of [
      [CLIENT, 'udp', 'BADCOOKIE'],
      [bad, 'udp', 'BADCOOKIE'],
      [valid, 'udp', 'NOERROR aa'],
      [bad, 'tcp', 'NOERROR aa'],
    ] as const) {
      const answer = await ask(zone, 'www.example.com. A', { edge: strict, transport, ...withCookie(data) })
      assert.equal(answer.status, status)
      assert.equal(cookieIn(answer)?.length, 24)
    }
    assert.equal((await ask(zone, 'www.example.com. A', { edge: strict })).status, 'NOERROR aa')
  })
  it('§5.4 a question about nothing but the cookie', async () => {
    for (const [data, status] of [
      [CLIENT, 'NOERROR'],
      [valid, 'NOERROR'],
      [bad, 'BADCOOKIE'],
    ] as const)
      assert.equal(
        (await ask(zone, 'www.example.com. A', { edge, ...withCookie(data, { questions: [] }) })).status,
        status,
      )
  })
  it('off: the option is passed over', async () => {
    const answer = await ask(zone, 'www.example.com. A', withCookie(Buffer.alloc(9)))
    assert.deepEqual([answer.status, cookieIn(answer)], ['NOERROR aa', undefined])
  })
  it('are counted by what they were worth', async () => {
    const responder = responderOf([zone], edge)
    for (const data of [CLIENT, bad, valid, Buffer.alloc(9)])
      await askResponder(responder, 'www.example.com. A', withCookie(data))
    assert.deepEqual(responder.counters.cookies, { none: 0, new: 1, bad: 1, valid: 1, malformed: 1 })
  })
})
