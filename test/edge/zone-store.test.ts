import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { StoreSnapshot } from '../../services/edge/zones/store/snapshot.ts'
import { ZoneStore } from '../../services/edge/zones/store/zone-store.ts'
import { canonicalName, type GivenName, type Name, nameOf, parseName } from '../../shared/dns/name.ts'
import type { RRset } from '../../shared/dns/record.ts'
import { ZoneContents } from '../../shared/zone-contents.ts'

/** The simple form that writers use, which the compact one must agree with after every change. */
class Model {
  readonly apex: Name
  readonly store: ZoneStore
  contents: ZoneContents

  constructor(apex: Name) {
    this.apex = apex
    this.store = new ZoneStore(apex)
    this.contents = new ZoneContents(apex)
  }

  /** Sets of one name that become these; an empty one goes. */
  change(sets: readonly RRset[]): void {
    const name = canonicalName(sets[0]!.name)
    const changes = new Map(sets.map((set) => [set.type, set.rdata.length > 0 ? set : undefined]))
    this.store.change(name, changes)
    const others = [...this.contents.rrsets()].filter(
      (set) => canonicalName(set.name) !== name || !changes.has(set.type),
    )
    this.contents = new ZoneContents(this.apex, [...others, ...sets.filter(({ rdata }) => rdata.length > 0)])
  }

  check(names: readonly Name[]): void {
    assert.deepEqual(sorted(setsIn(this.store)), sorted(this.contents.rrsets()))
    assert.equal(this.store.nameCount, this.contents.nameCount)
    const owners = [...this.contents.rrsets()].map(({ name }) => canonicalName(name))
    for (const name of names) {
      const expected = this.contents.at(name)
      const found = this.store.at(name)
      assert.deepEqual(found && sorted(found.values()), expected && sorted(expected.values()), name)
      assert.deepEqual(new Set(found?.keys()), new Set(expected?.keys()))
      assert.equal(found?.size, expected?.size)
      for (const type of TYPES) {
        assert.deepEqual(this.store.rrset(name, type), expected?.get(type))
        assert.deepEqual([found?.has(type), found?.get(type)], [expected?.has(type), expected?.get(type)])
      }
      const isThere = owners.some((owner) => owner === name || owner.endsWith(`.${name === '.' ? '' : name}`))
      assert.equal(this.store.exists(name), isThere || (name === '.' && owners.length > 0), name)
    }
  }
}

function* setsIn(store: ZoneStore): Generator<RRset> {
  for (let id = 0; id < store.limit; id++) yield* store.rrsetsOf(id)
}

function sorted(sets: Iterable<RRset>): string[] {
  return [...sets].map(({ name, type, ttl, rdata }) => `${name} ${type} ${ttl} ${rdata.map(hex)}`).sort()
}

function hex(octets: Uint8Array): string {
  return Buffer.from(octets).toString('hex')
}

const TYPES = [1, 2, 16, 28, 65_280]
const LABELS = [
  '',
  'a.',
  'B.a.',
  'c.b.a.',
  'd.c.b.A.',
  '*.a.',
  'x.',
  'X.y.',
  'e.f.g.h.',
  '\\.dot.',
  '\\000\\255.',
]

function given(text: string): GivenName {
  const parsed = parseName(text)
  assert.ok(parsed.ok)
  return parsed.value
}

function ownersIn(apex: string): GivenName[] {
  const below = apex === '.' ? '' : apex
  return LABELS.map((labels) => given(labels + below || '.'))
}

function withParents(names: readonly Name[], apex: Name): Name[] {
  const all = new Set<Name>()
  for (let name of names) {
    for (; name !== apex; name = name.slice(name.search(/(?<!\\)\./) + 1) as Name) {
      if (name === '') break
      all.add(name)
    }
  }
  return [...all, apex, nameOf(apex === '.' ? 'nothing.' : `nothing.${apex}`)]
}

const anyRdata = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 4 })
const anySets = fc.array(fc.tuple(fc.constantFrom(...TYPES), fc.nat(4_294_967_295), anyRdata, fc.boolean()), {
  minLength: 1,
  maxLength: 3,
})
const anyHistory = fc.array(fc.tuple(fc.nat(LABELS.length - 1), anySets), { minLength: 1, maxLength: 40 })

function setsOf(owner: GivenName, drawn: readonly [number, number, Uint8Array[], boolean][]): RRset[] {
  const byType = new Map(
    drawn.map(([type, ttl, rdata, upper]) => [
      type,
      { name: (upper ? owner.toUpperCase() : owner) as GivenName, type, ttl, rdata },
    ]),
  )
  return [...byType.values()]
}

describe('P6: the compact store holds what the simple form holds', () => {
  for (const apex of ['example.com.', '.', 'a.'])
    it(`after any history of ${apex}, octet for octet, with empty non-terminals`, () =>
      fc.assert(
        fc.property(anyHistory, (history) => {
          const model = new Model(nameOf(apex))
          const owners = ownersIn(apex)
          const asked = withParents(owners.map(canonicalName), model.apex)
          for (const [index, [owner, drawn]] of history.entries()) {
            model.change(setsOf(owners[owner]!, drawn))
            if (index % 8 === 0) model.check(asked)
          }
          model.check(asked)
        }),
        { numRuns: 150 },
      ))

  it('a snapshot is of the moment when it was made, wherever its reading is when changes come', () =>
    fc.assert(
      fc.property(anyHistory, anyHistory, fc.infiniteStream(fc.nat(3)), (before, after, steps) => {
        const model = new Model(nameOf('example.com.'))
        const owners = ownersIn('example.com.')
        for (const [owner, drawn] of before) model.change(setsOf(owners[owner]!, drawn))
        const expected = sorted(model.contents.rrsets())
        const snapshot = new StoreSnapshot(model.store)
        const reading = snapshot.rrsets()
        const read: RRset[] = []
        for (const [owner, drawn] of after) {
          for (let step = steps.next().value!; step > 0; step--) {
            const next = reading.next()
            if (next.done !== true) read.push(next.value)
          }
          model.change(setsOf(owners[owner]!, drawn))
        }
        read.push(...reading)
        snapshot.close()
        assert.deepEqual(sorted(read), expected)
        assert.deepEqual(sorted(setsIn(model.store)), sorted(model.contents.rrsets()))
      }),
      { numRuns: 300 },
    ))
})

describe('the memory of a store', () => {
  const text = (octets: number, fill: number) => new Uint8Array(octets).fill(fill)
  const host = (number: number, octets: number): RRset => ({
    name: nameOf(`host-${number}.example.com.`),
    type: 16,
    ttl: 60,
    rdata: [text(octets, number)],
  })
  const put = (store: ZoneStore, set: RRset) =>
    store.change(canonicalName(set.name), new Map([[set.type, set]]))

  it('is in proportion to what it holds, however often that has changed', () => {
    const store = new ZoneStore(nameOf('example.com.'))
    for (let round = 0; round < 30; round++)
      for (let number = 0; number < 2_000; number++)
        put(store, host(number, 20 + ((round * 37 + number) % 200)))
    const live = 2_000 * 150
    assert.ok(store.octets < 3 * live, `${store.octets} octets for about ${live}`)
    for (let number = 0; number < 2_000; number++)
      assert.deepEqual(
        store.rrset(host(number, 0).name as Name, 16),
        host(number, 20 + ((29 * 37 + number) % 200)),
      )
  })
  it('is given back when names go', () => {
    const store = new ZoneStore(nameOf('example.com.'))
    for (let number = 0; number < 20_000; number++) put(store, host(number, 200))
    const full = store.octets
    for (let number = 0; number < 19_990; number++)
      store.change(host(number, 0).name as Name, new Map([[16, undefined]]))
    assert.ok(store.octets < full / 3, `${store.octets} octets of ${full}`)
    assert.equal(store.nameCount, 10)
    assert.deepEqual(store.rrset(host(19_999, 0).name as Name, 16), host(19_999, 200))
  })
  it('takes a name that is longer than a segment, and gives it back', () => {
    const store = new ZoneStore(nameOf('example.com.'))
    const rdata = Array.from({ length: 3_000 }, (_, number) => text(200, number))
    for (let round = 0; round < 5; round++) {
      put(store, { ...host(1, 0), rdata })
      put(store, host(2 + round, 50))
      assert.equal(store.rrset(host(1, 0).name as Name, 16)?.rdata.length, 3_000)
      assert.ok(store.octets < 2_000_000)
    }
    store.change(host(1, 0).name as Name, new Map([[16, undefined]]))
    assert.ok(store.octets < 50_000, `${store.octets} octets`)
  })
  it('is small for a small zone', () => {
    const store = new ZoneStore(nameOf('example.com.'))
    for (let number = 0; number < 10; number++) put(store, host(number, 20))
    assert.ok(store.octets < 2_500, `${store.octets} octets`)
  })
})
