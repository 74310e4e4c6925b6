import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import {
  canonicalName,
  compareNames,
  type GivenName,
  isSubdomain,
  labelsOf,
  nameOf,
  nameToWire,
  parentOf,
  parseName,
  ROOT,
  readName,
} from '../../shared/dns/name.ts'

const HEADER = Buffer.alloc(12)

function textOf(text: string, origin?: GivenName): string {
  const parsed = parseName(text, origin)
  assert.ok(parsed.ok, parsed.ok ? '' : parsed.reason)
  return parsed.value
}

function readFrom(hex: string, offset = 12) {
  return readName(Buffer.concat([HEADER, Buffer.from(hex.replaceAll(' ', ''), 'hex')]), offset)
}

function reasonOf(hex: string): string {
  const read = readFrom(hex)
  return read.ok ? `read as ${read.value.name}` : read.reason
}

/** Any labels of any octets that make a name of at most 255. */
const labels = fc
  .array(fc.uint8Array({ minLength: 1, maxLength: 63 }), { maxLength: 8 })
  .filter((list) => list.reduce((sum, label) => sum + label.length + 1, 1) <= 255)

function wireOf(list: Uint8Array[]): Buffer {
  return Buffer.concat([...list.flatMap((label) => [Buffer.of(label.length), label]), Buffer.of(0)])
}

describe('RFC 1035 §5.1 names as text', () => {
  it('are absolute with a final dot and relative to the origin without', () => {
    assert.equal(textOf('www'), 'www.')
    assert.equal(textOf('www', nameOf('example.com')), 'www.example.com.')
    assert.equal(textOf('www.', nameOf('example.com')), 'www.')
    assert.equal(textOf('@', nameOf('example.com')), 'example.com.')
    assert.equal(textOf('www', ROOT), 'www.')
    assert.equal(textOf('.'), '.')
  })
  it('have one writing, whichever escapes were given', () => {
    assert.equal(textOf('a\\.b.c'), 'a\\.b.c.')
    assert.equal(textOf('\\097\\046b.c'), 'a\\.b.c.')
    assert.equal(textOf('\\a\\b'), 'ab.')
    assert.equal(textOf('\\032\\"\\(\\;\\@\\$\\\\\\255'), '\\032\\"\\(\\;\\@\\$\\\\\\255.')
    assert.equal(textOf('$x'), '\\$x.')
  })
  it('take characters beyond ASCII as their UTF-8 octets', () => {
    assert.equal(textOf('é.example'), '\\195\\169.example.')
  })
  it('are refused when a label is empty or over 63 octets, or the name is over 255', () => {
    for (const text of ['', '..', '.a', 'a..b', 'a\\', 'a\\25', 'a\\256', 'a b', `${'x'.repeat(64)}.`]) {
      assert.equal(parseName(text).ok, false, text)
    }
    const fifty = 'x'.repeat(49)
    const most = `${Array(5).fill(fifty).join('.')}.xxx`
    assert.equal(nameToWire(nameOf(most)).length, 255)
    assert.equal(parseName(`${most}x`).ok, false)
    assert.equal(parseName(most, nameOf('a')).ok, false)
    assert.equal(parseName(Array(127).fill('a').join('.')).ok, true)
    assert.equal(parseName(Array(128).fill('a').join('.')).ok, false)
  })
  it('count an escape as one octet', () => {
    assert.equal(parseName('\\001'.repeat(63)).ok, true)
    assert.equal(parseName('\\001'.repeat(64)).ok, false)
  })
})

describe('RFC 1035 §4.1.4 names on the wire', () => {
  it('come back as they went, whatever their octets', () => {
    fc.assert(
      fc.property(labels, (list) => {
        const wire = wireOf(list)
        const read = readName(Buffer.concat([HEADER, wire]), 12)
        assert.ok(read.ok)
        assert.equal(read.value.end, 12 + wire.length)
        assert.deepEqual(Buffer.from(nameToWire(read.value.name)), wire)
        assert.equal(textOf(read.value.name), read.value.name)
      }),
      { numRuns: 300 },
    )
  })
  it('may end in a pointer, and end where the pointer ends', () => {
    const read = readFrom('03777777 c00c', 12)
    assert.equal(read.ok, false) // to itself
    const message = Buffer.concat([
      HEADER,
      Buffer.from('07657861 6d706c65 00 03777777 c00c'.replaceAll(' ', ''), 'hex'),
    ])
    assert.deepEqual(readName(message, 21), { ok: true, value: { name: 'www.example.', end: 27 } })
  })
  it('are refused with pointers that lead forward, to themselves, in a loop or into the header', () => {
    assert.match(reasonOf('c00c'), /backwards/)
    assert.match(reasonOf('c00e 00'), /backwards/)
    assert.match(reasonOf('0161 c00c'), /backwards/)
    assert.match(reasonOf('c000'), /header/)
    assert.match(reasonOf('ffff'), /backwards/)
  })
  it('are refused with label types 01 and 10', () => {
    assert.match(reasonOf('4001 00'), /label type/)
    assert.match(reasonOf('8001 00'), /label type/)
  })
  it('are refused when they run past the end', () => {
    for (const hex of ['', '03', '0377', '03777777', 'c0']) assert.match(reasonOf(hex), /past the end/)
  })
  it('are refused over 255 octets, also when pointers put them together', () => {
    const long = '3f'.concat('61'.repeat(63))
    assert.match(reasonOf(long.repeat(4).concat('00')), /255/)
    const tail = Buffer.from(long.repeat(3).concat('00'), 'hex')
    const head = Buffer.from(long.concat('c00c'), 'hex')
    assert.equal(readName(Buffer.concat([HEADER, tail, head]), 12 + tail.length).ok, false)
  })
  it('cost bounded time: a ladder of pointers to pointers is cut off', () => {
    const ladder = Buffer.alloc(16_000)
    for (let at = 14; at + 1 < ladder.length; at += 2) ladder.writeUInt16BE(0xc000 | (at - 2), at)
    const read = readName(ladder, ladder.length - 2)
    assert.equal(read.ok, false)
  })
})

describe('RFC 4343 case', () => {
  it('is kept in a given name and folded for ASCII letters only', () => {
    const given = textOf('WwW.\\201\\233\\064X')
    assert.equal(given, 'WwW.\\201\\233\\@X.')
    assert.equal(canonicalName(given as GivenName), 'www.\\201\\233\\@x.')
    assert.equal(nameOf('[\\]^_`{|}~'), '[]^_`{|}~.')
  })
})

describe('RFC 4034 §6.1 canonical order', () => {
  it('is that of the example in the RFC', () => {
    const ordered = [
      'example.',
      'a.example.',
      'yljkjljk.a.example.',
      'Z.a.example.',
      'zABC.a.EXAMPLE.',
      'z.example.',
      '\\001.z.example.',
      '*.z.example.',
      '\\200.z.example.',
    ].map(nameOf)
    assert.deepEqual(ordered.toReversed().sort(compareNames), ordered)
  })
  it('compares octets of labels from the right', () => {
    const reversed = (list: Uint8Array[]) => list.toReversed().map((label) => Buffer.from(label))
    fc.assert(
      fc.property(labels, labels, (a, b) => {
        const lower = (label: Uint8Array) =>
          label.map((octet) => (octet > 64 && octet < 91 ? octet + 32 : octet))
        const [x, y] = [reversed(a.map(lower)), reversed(b.map(lower))]
        let expected = x.length - y.length
        for (let index = Math.min(x.length, y.length) - 1; index >= 0; index--) {
          expected = Buffer.compare(x[index]!, y[index]!) || expected
        }
        const [left, right] = [a, b].map((list) => {
          const read = readName(wireOf(list), 0)
          assert.ok(read.ok)
          return canonicalName(read.value.name)
        })
        assert.equal(Math.sign(compareNames(left!, right!)), Math.sign(expected))
      }),
      { numRuns: 300 },
    )
  })
})

describe('labels', () => {
  it('are split at dots that are not escaped', () => {
    assert.deepEqual(labelsOf(nameOf('a\\.b.c\\\\.d')), ['a\\.b', 'c\\\\', 'd'])
    assert.deepEqual(labelsOf(ROOT), [])
    assert.equal(parentOf(nameOf('a\\.b.c')), 'c.')
    assert.equal(parentOf(nameOf('c')), '.')
    assert.equal(parentOf(ROOT), undefined)
  })
  it('decide what is below a name', () => {
    const below = (name: string, of: string) => isSubdomain(nameOf(name), nameOf(of))
    assert.ok(below('example.com', 'example.com'))
    assert.ok(below('www.example.com', 'example.com'))
    assert.ok(below('example.com', '.'))
    assert.ok(below('a\\\\.example.com', 'example.com'))
    assert.ok(!below('a\\.example.com', 'example.com'))
    assert.ok(!below('badexample.com', 'example.com'))
    assert.ok(!below('com', 'example.com'))
    assert.ok(!below('.', 'com'))
  })
})
