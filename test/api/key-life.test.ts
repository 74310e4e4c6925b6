import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import type { AdminContext } from '../../services/zone-writer/admin/context.ts'
import { createZone } from '../../services/zone-writer/admin/create-zone.ts'
import type { Outcome } from '../../services/zone-writer/admin/failure.ts'
import { createKey, type KeyRequest } from '../../services/zone-writer/admin/keys/create-key.ts'
import { listKeys, showKey } from '../../services/zone-writer/admin/keys/list-keys.ts'
import { removeKey, revokeKey } from '../../services/zone-writer/admin/keys/revoke-key.ts'
import { rotateKey } from '../../services/zone-writer/admin/keys/rotate-key.ts'
import { setKey } from '../../services/zone-writer/admin/keys/set-key.ts'
import { wantedKeyEntry } from '../../services/zone-writer/catalog/wanted-entries.ts'
import { decodeCatalogKey } from '../../shared/catalog.ts'
import { nameOf } from '../../shared/dns/name.ts'
import { tsigSecretPurpose } from '../../shared/secrets/sealed.ts'
import { administration, NOBODY } from './fixture.ts'

const DAY_MS = 86_400_000
const BY = { by: 'api:first' } as const

let context: Awaited<ReturnType<typeof administration>>
let admin: AdminContext
let now = Date.UTC(2027, 0, 1)
let told: string[] = []
before(async () => {
  context = await administration()
  const catalog = { ...context.admin.catalog, keyChanged: async (name: string) => void told.push(name) }
  admin = { ...context.admin, now: () => now, catalog }
})
after(() => context.close())

const create = async (name: string, more: Partial<KeyRequest> = {}) =>
  value(await createKey(admin, { name, ...more, ...BY }))
const states = async (name: string) => {
  const { state, secrets } = value(await showKey(admin.db, name, now))
  return [state, ...secrets.map((secret) => secret.state)]
}
/** What edges are told: the clear secrets, each with its end. */
const published = async (name: string) => {
  const entry = await wantedKeyEntry(admin.db, nameOf(name), now)
  if (typeof entry !== 'string') return undefined
  return decodeCatalogKey(entry).secrets.map(({ sealed, expiresAt, algorithm }) => ({
    secret: Buffer.from(admin.masterKeys.open(tsigSecretPurpose(nameOf(name)), sealed)).toString('base64'),
    algorithm,
    ...(expiresAt === undefined ? {} : { in: expiresAt - now }),
  }))
}
const days = (count: number) => ({ overlapSeconds: count * 86_400 })

describe('rotating a key', () => {
  it('gives a new secret; the one before lives for 7 days, then dies by itself', async () => {
    const { secret: old } = await create('seven')
    const rotated = value(await rotateKey(admin, 'Seven', BY))
    assert.notEqual(rotated.secret, old)
    assert.match(rotated.clause, /^key "seven" \{/)
    assert.deepEqual(await published('seven'), [
      { secret: rotated.secret, algorithm: 'hmac-sha256' },
      { secret: old, algorithm: 'hmac-sha256', in: 7 * DAY_MS },
    ])
    assert.deepEqual(await states('seven'), ['active', 'active', 'retiring'])
    now += 7 * DAY_MS
    assert.deepEqual(await states('seven'), ['active', 'active', 'expired'])
    assert.deepEqual(await published('seven'), [{ secret: rotated.secret, algorithm: 'hmac-sha256' }])
  })

  it('again during the overlap lets none live longer than it would have', async () => {
    await create('again')
    value(await rotateKey(admin, 'again', { ...days(7), ...BY }))
    value(await rotateKey(admin, 'again', { ...days(30), ...BY }))
    const lives = (await published('again'))!.map((secret) => secret.in)
    assert.deepEqual(lives, [undefined, 30 * DAY_MS, 7 * DAY_MS])
    value(await rotateKey(admin, 'again', { ...days(1), ...BY }))
    assert.deepEqual(
      (await published('again'))!.map((secret) => secret.in),
      [undefined, DAY_MS, DAY_MS, DAY_MS],
    )
  })

  it('is refused while four secrets live, and takes an overlap of 0', async () => {
    assert.match(
      message(await rotateKey(admin, 'again', BY)),
      /4 live secrets.*key revoke again --secret \d+/,
    )
    const { secret, retiring } = value(await rotateKey(admin, 'again', { ...days(0), ...BY }))
    assert.deepEqual(retiring, [])
    assert.deepEqual(await published('again'), [{ secret, algorithm: 'hmac-sha256' }])
  })

  it('may change the algorithm, so that clients leave a broken one without an outage', async () => {
    await create('router', { algorithm: 'hmac-md5', allowLegacy: true })
    value(await rotateKey(admin, 'router', { algorithm: 'hmac-sha256', ...BY }))
    assert.deepEqual(
      (await published('router'))!.map(({ algorithm }) => algorithm),
      ['hmac-sha256', 'hmac-md5'],
    )
  })

  it('gives a key that was revoked a new life, and takes a name that truncates', async () => {
    await create('reborn')
    value(await revokeKey(admin, 'reborn', BY))
    value(await rotateKey(admin, 'reborn', { algorithm: 'hmac-sha512-256', ...BY }))
    assert.deepEqual(await states('reborn'), ['active', 'active', 'revoked'])
    assert.equal(value(await showKey(admin.db, 'reborn', now)).leastMac, 32)
  })

  it('wants a secret that the key does not have, and a key that is there and has not expired', async () => {
    const { secret } = await create('same')
    const again = await rotateKey(admin, 'same', { secret, ...BY })
    assert.match(message(again), /one that the key same\. has already/)
    assert.match(message(await rotateKey(admin, 'sane', BY)), /no key sane\. here; did you mean same\.\?/)
    value(await setKey(admin, 'same', { expiresAt: 'now', ...BY }))
    assert.match(message(await rotateKey(admin, 'same', BY)), /has expired.*key set same --expires never/)
    assert.deepEqual(await states('same'), ['expired', 'expired'])
  })

  it('keeps a bounded number of secrets that are no more', async () => {
    await create('often')
    for (let turn = 0; turn < 10; turn++) value(await rotateKey(admin, 'often', { ...days(0), ...BY }))
    assert.deepEqual((await states('often')).length, 1 + 1 + 5 + 1)
  })

  it('happens once after another when two do it at the same moment', async () => {
    await create('race')
    const both = await Promise.all([1, 2].map(() => rotateKey(admin, 'race', BY)))
    assert.ok(both.every(({ ok }) => ok))
    assert.deepEqual(await states('race'), ['active', 'active', 'retiring', 'retiring'])
  })
})

describe('the end of a key', () => {
  it('comes for all its secrets when it expires, and can be taken back', async () => {
    await create('guest', { expiresAt: new Date(now + DAY_MS).toISOString() })
    value(await rotateKey(admin, 'guest', BY))
    assert.deepEqual(
      (await published('guest'))!.map((secret) => secret.in),
      [DAY_MS, DAY_MS],
    )
    now += DAY_MS
    assert.equal(await published('guest'), undefined)
    assert.deepEqual(await states('guest'), ['expired', 'expired', 'expired'])
    value(await setKey(admin, 'guest', { expiresAt: null, ...BY }))
    assert.equal((await published('guest'))!.length, 2)
  })

  it('comes for one secret that is revoked, which cannot be brought back', async () => {
    await create('part')
    const { id } = value(await rotateKey(admin, 'part', BY))
    const old = (await listKeys(admin.db, now)).find(({ name }) => name === 'part.')!.secrets[1]!.id
    assert.deepEqual(value(await revokeKey(admin, 'part', { secret: old, ...BY })).ended, [old])
    assert.deepEqual(await states('part'), ['active', 'active', 'revoked'])
    const row = await admin.db
      .selectFrom('tsig_secret')
      .select('sealed')
      .where('id', '=', old)
      .executeTakeFirst()
    assert.equal(row?.sealed, null)
    assert.match(message(await revokeKey(admin, 'part', { secret: old, ...BY })), /revoked already/)
    assert.match(
      message(await revokeKey(admin, 'part', { secret: 999_999, ...BY })),
      new RegExp(`no secret 999999; those that live: ${id}\\.`),
    )
  })

  it('is refused while rules name it, with the zones and rules, and nothing is half done', async () => {
    await create('named')
    const allowUpdate = ['192.0.2.0/24', 'NAMED']
    value(await createZone(admin, { name: 'one.test', allowUpdate, ...NOBODY }))
    const transfers = { allowTransfer: ['named', 'KEPT'], notify: ['Named+192.0.2.1'] }
    await create('kept')
    value(await createZone(admin, { name: 'two.test', allowUpdate: ['named.'], transfers, ...NOBODY }))
    for (const attempt of [removeKey(admin, 'named', BY), revokeKey(admin, 'named', BY)]) {
      const refused = await attempt
      assert.ok(!refused.ok)
      assert.equal(refused.code, 'key-in-use')
      assert.match(refused.message, /zones name it.*--force/)
      assert.deepEqual(
        refused.details.map((detail) => detail.message),
        [
          'one.test. rule 2: grant NAMED zonesub ANY',
          'two.test. rule 1: grant named. zonesub ANY',
          'two.test. allow-transfer named',
          'two.test. notify named+192.0.2.1:53',
        ],
      )
    }
    assert.deepEqual(await states('named'), ['active', 'active'])
    assert.equal((await published('named'))!.length, 1)
  })

  it('of an old secret needs no force, that of the last one does', async () => {
    const { id } = value(await rotateKey(admin, 'named', BY))
    const old = value(await showKey(admin.db, 'named', now)).secrets[1]!.id
    value(await revokeKey(admin, 'named', { secret: old, ...BY }))
    assert.equal(code(await revokeKey(admin, 'named', { secret: id, ...BY })), 'key-in-use')
    const forced = value(await revokeKey(admin, 'named', { force: true, ...BY }))
    assert.equal(forced.namedBy.length, 4)
    assert.deepEqual(await states('named'), ['revoked', 'revoked', 'revoked'])
    assert.equal(await published('named'), undefined)
  })

  it('by force leaves the rules, and a new key of that name is told of them', async () => {
    assert.equal(value(await removeKey(admin, 'named', { force: true, ...BY })).namedBy.length, 4)
    assert.equal(code(await showKey(admin.db, 'named', now)), 'key-not-found')
    const { warnings } = await create('named')
    assert.match(warnings.join('\n'), /holds at once: one\.test\. rule 2: grant NAMED/)
  })

  it('cannot come between a rule that is being made and its commit', async () => {
    await create('held')
    const zone = createZone(admin, { name: 'held.test', allowUpdate: ['held'], ...NOBODY })
    const removed = removeKey(admin, 'held', BY)
    const [created, deleted] = await Promise.all([zone, removed])
    // whichever was first: who makes a rule for a key that is not there is told
    assert.equal(value(created).warnings.length, Number(deleted.ok))
  })
})

describe('a change of a key', () => {
  it('is kept with who made it, also after the key is gone, and told to the edges', async () => {
    told = []
    await create('watched')
    value(await rotateKey(admin, 'watched', { by: 'api:second' }))
    value(await setKey(admin, 'watched', { leastMac: 16, by: 'api:third' }))
    const { changes } = value(await showKey(admin.db, 'watched', now))
    assert.deepEqual(
      changes.map(({ by, change }) => `${by} ${change}`),
      ['api:third set', 'api:second rotated', 'api:first created'],
    )
    value(await removeKey(admin, 'watched', BY))
    assert.deepEqual(told, Array(4).fill('watched.'))
    await create('watched')
    const again = value(await showKey(admin.db, 'watched', now)).changes
    assert.deepEqual(
      again.slice(0, 2).map(({ change }) => change),
      ['created', 'deleted'],
    )
  })
})

describe('bad input to keys says which word, what was expected, and changes nothing', () => {
  const short = randomBytes(12).toString('base64')
  const cases: [string, Partial<KeyRequest> & { name: string }, RegExp][] = [
    ['secret that is not base64', { name: 'a', secret: 'no*base64!no*base64!no' }, /not base64/],
    [
      'secret that is base64 but for padding inside',
      { name: 'a', secret: `${short}=${short}` },
      /not base64/,
    ],
    ['short secret', { name: 'a', secret: short }, /12 octets.*16 to 512.*--allow-short/],
    [
      'secret that is too short for anybody',
      { name: 'a', secret: 'c2hvcnQ=', allowShort: true },
      /not less than 8/,
    ],
    [
      'long secret',
      { name: 'a', secret: randomBytes(513).toString('base64') },
      /513 octets.*512 at the most/,
    ],
    [
      'unknown algorithm',
      { name: 'a', algorithm: 'hmac-sha265' },
      /'hmac-sha265'.*did you mean hmac-sha256\?/,
    ],
    ['algorithm far from all', { name: 'a', algorithm: 'gss-tsig' }, /one of hmac-sha1, hmac-sha224/],
    [
      'broken algorithm',
      { name: 'a', algorithm: 'HMAC-MD5' },
      /must not be used.*its hash is broken.*--allow-legacy/,
    ],
    ['name that exists', { name: 'Seven.' }, /There is a key seven\. already.*key rotate seven/],
    ['label too long', { name: `${'a'.repeat(64)}.example` }, /label longer than 63 octets/],
    ['name too long', { name: Array(130).fill('a').join('.') }, /longer than 255 octets/],
    ['name that a rule reads as an address', { name: '192.0.2.1' }, /would read it as an address/],
    ['name that a rule reads as anyone', { name: '*' }, /or as anyone/],
    ['name that a rule reads as many', { name: '*.example' }, /or as anyone/],
    ['name that is split at its plus', { name: 'a+b' }, /cannot be the name of a key/],
    [
      'expiry in the past',
      { name: 'a', expiresAt: '2020-01-01T00:00:00Z' },
      /expired already: 2020-01-01.* is past/,
    ],
    [
      'expiry that is no time',
      { name: 'a', expiresAt: 'tomorrow' },
      /'tomorrow' is not a time such as 2027-/,
    ],
    ['expiry that no calendar has', { name: 'a', expiresAt: '2099-02-31T00:00:00Z' }, /is not a time/],
    [
      'least MAC under half',
      { name: 'a', leastMac: 15 },
      /15 octets: one of hmac-sha256 has 32, and may be cut to 16/,
    ],
    ['least MAC over all', { name: 'a', leastMac: 33 }, /33 octets/],
  ]
  for (const [title, request, words] of cases)
    it(title, async () => {
      const before = await listKeys(admin.db, now)
      const refused = await createKey(admin, { ...request, ...BY })
      assert.match(message(refused), words)
      if (request.secret !== undefined) assert.ok(!JSON.stringify(refused).includes(request.secret))
      assert.deepEqual(await listKeys(admin.db, now), before)
    })

  it('takes what is asked for on purpose, with a warning', async () => {
    assert.equal((await create('short', { secret: short, allowShort: true })).secret, short)
    const broken = await create('broken', { algorithm: 'hmac-md5.sig-alg.reg.int', allowLegacy: true })
    assert.deepEqual([broken.algorithm, broken.warnings.length], ['hmac-md5', 1])
    assert.match((await create('old', { algorithm: 'hmac-sha1' })).warnings.join(), /not recommended/)
    await create('cut', { algorithm: 'hmac-sha256-128' })
    assert.equal(value(await showKey(admin.db, 'cut', now)).leastMac, 16)
  })
})

function value<T>(outcome: Outcome<T>): T {
  assert.ok(outcome.ok, outcome.ok ? '' : outcome.message)
  return outcome.value
}

function message(outcome: Outcome<unknown>): string {
  assert.ok(!outcome.ok)
  return outcome.message
}

function code(outcome: Outcome<unknown>): string {
  assert.ok(!outcome.ok)
  return outcome.code
}
