import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ServerCookies } from '../../services/edge/answer/cookies.ts'
import { RateLimiter } from '../../services/edge/answer/rate-limit.ts'
import { parseRange, type RateLimitConfig } from '../../shared/config/answers.ts'
import { sipHashKey } from '../../shared/siphash.ts'
import { type AskOptions, askResponder, responderOf, zoneWith } from './answer-support.ts'

const zone = zoneWith(`
  www   A     192.0.2.1
  www   TXT   "x"
  *.wild A    192.0.2.2
  alias CNAME www
  sub   NS    ns.sub
  ns.sub A    192.0.2.3
  old   DNAME new
`)
const SETTINGS: RateLimitConfig = {
  perSecond: 5,
  allPerSecond: 0,
  windowSeconds: 15,
  slip: 2,
  ipv4Prefix: 24,
  ipv6Prefix: 56,
  exempt: [],
}

/** An edge with a clock of its own. */
function limited(settings: Partial<RateLimitConfig> = {}) {
  const clock = { now: 1_800_000_000_000 }
  const cookies = new ServerCookies(() => [sipHashKey(Buffer.alloc(16, 5))])
  const limiter = new RateLimiter({ ...SETTINGS, ...settings })
  const responder = responderOf([zone], { limiter, cookies, now: () => clock.now })
  /** What the answers are: `.` silence, `T` truncated, `A` whole. */
  const burst = async (
    count: number,
    question: (index: number) => string,
    options: AskOptions & { from?: string } = {},
  ) => {
    let seen = ''
    for (let index = 0; index < count; index++) {
      const answer = await askResponder(responder, question(index), options)
      seen +=
        answer === undefined
          ? '.'
          : answer.status.includes('tc')
            ? 'T'
            : answer.status === 'BADCOOKIE'
              ? 'B'
              : 'A'
    }
    return seen
  }
  return { clock, cookies, responder, burst }
}
const www = () => 'www.example.com. A'

describe('response rate limiting', () => {
  it('lets a second’s worth pass, then every second limited answer leaves truncated and empty, the others not at all', async () =>
    assert.equal(await limited().burst(12, www), 'AAAAA.T.T.T.'))
  it('slip 1 sends all of them truncated, 0 none', async () => {
    assert.equal(await limited({ slip: 1 }).burst(8, www), 'AAAAATTT')
    assert.equal(await limited({ slip: 0 }).burst(8, www), 'AAAAA...')
  })
  it('gives the rate while it goes on being asked for more', async () => {
    const { clock, burst } = limited({ slip: 0 })
    let passed = 0
    for (let tenth = 0; tenth < 600; tenth++) {
      clock.now += 100
      passed += (await burst(1, www)).replaceAll('.', '').length
    }
    // 10 a second for a minute: overdrawn, it stays so
    assert.ok(passed < 60, `${passed}`)
  })
  it('forgives within the window', async () => {
    const { clock, burst } = limited({ windowSeconds: 3, slip: 0 })
    await burst(100, www)
    clock.now += 3_300
    assert.equal(await burst(1, www), 'A')
  })
  it('counts a network as one, and others apart', async () => {
    const { burst } = limited({ slip: 0 })
    assert.equal(await burst(6, www, { from: '192.0.2.1' }), 'AAAAA.')
    assert.equal(await burst(1, www, { from: '192.0.2.255' }), '.')
    assert.equal(await burst(1, www, { from: '192.0.3.1' }), 'A')
    assert.equal(await burst(6, www, { from: '2001:db8:0:100::1' }), 'AAAAA.')
    assert.equal(await burst(1, www, { from: '2001:db8:0:1ff::1' }), '.')
    assert.equal(await burst(1, www, { from: '2001:db8:0:200::1' }), 'A')
  })
  it('counts each name and type for itself, in whatever case', async () => {
    const { burst } = limited({ slip: 0 })
    assert.equal(await burst(6, (index) => `${index % 2 ? 'WWW' : 'www'}.example.com. A`), 'AAAAA.')
    assert.equal(await burst(1, () => 'www.example.com. TXT'), 'A')
  })
  for (const [what, question] of [
    ['denials', (index: number) => `nothing-${index}.example.com. A`],
    ['no data', (index: number) => `www.example.com. TYPE${1_000 + index}`],
    ['what a wildcard gives', (index: number) => `host-${index}.wild.example.com. A`],
    ['what a DNAME gives', (index: number) => `host-${index}.old.example.com. A`],
    ['referrals of one cut', (index: number) => `host-${index}.sub.example.com. A`],
    ['errors', (index: number) => `host-${index}.example.net. A`],
  ] as const)
    it(`counts ${what} as one, whatever the name`, async () =>
      assert.equal(await limited({ slip: 0 }).burst(8, question), 'AAAAA...'))
  it('never limits TCP, nor exempt addresses', async () => {
    assert.equal(await limited().burst(20, www, { transport: 'tcp' }), 'A'.repeat(20))
    const exempt = ['192.0.2.0/25', '2001:db8::/32'].map(parseRange)
    assert.equal(await limited({ exempt }).burst(20, www, { from: '192.0.2.99' }), 'A'.repeat(20))
    assert.equal(await limited({ exempt }).burst(20, www, { from: '2001:db8::1' }), 'A'.repeat(20))
    assert.equal(await limited({ exempt, slip: 0 }).burst(6, www, { from: '192.0.2.200' }), 'AAAAA.')
  })
  it('never limits a signed query', async () =>
    assert.equal(await limited().burst(20, www, { reserve: 300 }), 'A'.repeat(20)))
  it('RFC 7873 §5.2.3: a client with cookies gets BADCOOKIE, and is never limited once it has a valid one', async () => {
    const { burst, cookies, clock } = limited()
    const client = Buffer.alloc(8, 1)
    const edns = (data: Uint8Array) => ({ query: { edns: { options: [{ code: 10, data }] } } })
    assert.equal(await burst(9, www, edns(client)), 'AAAAA.B.B')
    const valid = cookies.answer(client, '192.0.2.99', clock.now / 1_000)
    assert.equal(await burst(9, www, edns(valid)), 'A'.repeat(9))
  })
  it('limits all that goes to a network as well: what is too much then is dropped, and none of it slips', async () => {
    const each = (index: number) => `host-${index}.example.com. TYPE${1_000 + index}`
    const mixed = (index: number) => (index % 2 === 0 ? www() : each(index))
    const { burst, clock } = limited({ perSecond: 100, allPerSecond: 8, slip: 1 })
    assert.equal(await burst(12, mixed), 'AAAAAAAA....')
    assert.equal(await burst(2, www, { from: '192.0.2.1' }), '..')
    assert.equal(await burst(2, www, { from: '192.0.3.1' }), 'AA')
    assert.equal(await burst(20, www, { transport: 'tcp' }), 'A'.repeat(20))
    clock.now += 16_000
    assert.equal(await burst(2, mixed), 'AA')
  })
  it('limits it alone where kinds are not limited, and kinds still slip within it', async () => {
    assert.equal(await limited({ perSecond: 0, allPerSecond: 8 }).burst(10, www), 'AAAAAAAA..')
    assert.equal(await limited({ allPerSecond: 8 }).burst(10, www), 'AAAAA.T...')
  })
  it('keeps as many accounts as it has room for, whoever asks', () => {
    const limiter = new RateLimiter(SETTINGS)
    const kind = limiter.kindOf(1, Buffer.from('www'), 0, 3)
    // three times as many networks as there are accounts, each asking within its rate
    for (let network = 0; network < 200_000; network++) {
      const address = `${10 + (network >> 16)}.${(network >> 8) & 255}.${network & 255}.1`
      assert.equal(limiter.judge(address, kind, 1_000), 'pass')
    }
  })
  it('is counted', async () => {
    const { burst, responder } = limited()
    await burst(10, www)
    assert.deepEqual([responder.counters.rateDropped, responder.counters.rateSlipped], [3, 2])
  })
})
