// biome-ignore-all lint/suspicious/noTemplateCurlyInString: $GENERATE writes its numbers so
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { nameOf } from '../../shared/dns/name.ts'
import { MAX_GENERATED } from '../../shared/dns/zone-file/generate.ts'
import { parseZoneFile } from '../../shared/dns/zone-file.ts'
import { ZoneFileStream } from '../../shared/dns/zone-file-stream.ts'
import { recordToText } from '../../shared/dns/zone-file-text.ts'
import { compileZone, missing } from './programs.ts'

const ORIGIN = nameOf('example.com')

function lines(text: string): string[] {
  const parsed = parseZoneFile(`$TTL 60\n${text}`, { origin: ORIGIN })
  assert.ok(parsed.ok, parsed.ok ? '' : JSON.stringify(parsed.errors))
  return parsed.records.map(recordToText)
}

function errors(text: string): string[] {
  const parsed = parseZoneFile(`$TTL 60\n${text}`, { origin: ORIGIN })
  assert.ok(!parsed.ok, 'no error')
  return parsed.errors.map(({ line, column, message }) => `${line}:${column} ${message}`)
}

/** Reads `files.main`, in pieces of so many octets; the others are what it may include. */
async function stream(files: Record<string, string | Uint8Array>, pieceOctets = 7) {
  const chunks = function* (content: string | Uint8Array) {
    const octets = Buffer.from(content as string)
    for (let at = 0; at < octets.length; at += pieceOctets) yield octets.subarray(at, at + pieceOctets)
  }
  const reading = new ZoneFileStream({
    origin: ORIGIN,
    id: 'main',
    include: async (name) => {
      const content = files[name]
      if (content === undefined) return { ok: false, reason: `no file ${name}` }
      return { ok: true, value: { id: name, name, chunks: chunks(content) } }
    },
  })
  const records: string[] = []
  const places: string[] = []
  for await (const batch of reading.read(chunks(files.main!)))
    for (const { record, file = 'main', line, column } of batch) {
      records.push(recordToText(record))
      places.push(`${file}:${line}:${column}`)
    }
  const wrong = reading.errors.map(
    ({ file = 'main', line, column, message }) => `${file}:${line}:${column} ${message}`,
  )
  return { records, places, errors: wrong }
}

describe('$GENERATE, as in BIND', () => {
  const forms = [
    'g$ A 192.0.2.$',
    'g${5} IN 7 A 192.0.2.${-0}',
    'g${-2,3}.x 7 IN CNAME t${0,3,d}.${2,2,x}.${9,3,X}.${8,4,o}',
    '${0,5,n}.${0,1,n}x.${250,4,N}x PTR h$',
    'neg${-5,0,x}x${-5,4} A 192.0.2.1',
    'literal\\$$.$$ A 192.0.2.1',
    'text$ TXT "hello world $"',
    'string$ TXT "\\"hello world $\\" \\$ $$"',
    'mail$ MX "10 mx$"',
    'new$ TYPE65280 "\\# 1 0$"',
  ]
  for (const form of forms)
    it(`${form}: BIND makes the same records of it`, { skip: missing('named-compilezone', '-v') }, () => {
      const text = `@ SOA a h 1 2 3 4 5\n@ NS a\na A 192.0.2.1\n$GENERATE 1-9/4 ${form}\n$GENERATE 0-0 ${form}\n`
      const theirs = compileZone('example.com.', `$TTL 60\n${text}`)
      assert.equal(theirs.status, 0, theirs.stderr)
      assert.deepEqual(lines(theirs.stdout).toSorted(), lines(text).toSorted())
    })

  it('takes data of several parts without quotes too', () =>
    assert.deepEqual(lines('$GENERATE 1-2 m$ MX 10 mx$'), [
      'm1.example.com. 60 IN MX 10 mx1.example.com.',
      'm2.example.com. 60 IN MX 10 mx2.example.com.',
    ]))
  it('leaves a blank owner after it to the record before it', () =>
    assert.deepEqual(
      lines('a A 192.0.2.1\n$GENERATE 1-1 g$ A 192.0.2.2\n TXT x').at(-1),
      'a.example.com. 60 IN TXT "x"',
    ))

  const wrong: [string, string][] = [
    ['', '2:11 expected $GENERATE RANGE OWNER TYPE DATA, but the record ends'],
    ['2-1 a A 192.0.2.$', '2:11 expected a range such as 1-10 or 0-100/10, not "2-1"'],
    ['1-2/0 a A 192.0.2.$', '2:11 expected a range such as 1-10 or 0-100/10, not "1-2/0"'],
    ['1 a A 192.0.2.$', '2:11 expected a range such as 1-10 or 0-100/10, not "1"'],
    ['1-2 a$ FOO x', '2:18 expected a record type, not "FOO"'],
    ['250-260 a A 192.0.2.$', '2:1 for 256: A: expected an IPv4 address, not "192.0.2.256"'],
    [
      '1-2 a${0,2,q} A 192.0.2.1',
      '2:15 expected ${offset,width,radix} with a width up to 127 and d, o, x, X, n or N, not "{0,2,q}"',
    ],
    [
      '1-2 a${0,300} A 192.0.2.1',
      '2:15 expected ${offset,width,radix} with a width up to 127 and d, o, x, X, n or N, not "{0,300}"',
    ],
    [
      '1-2 a${0 A 192.0.2.1',
      '2:15 expected ${offset,width,radix} with a width up to 127 and d, o, x, X, n or N, not "${0"',
    ],
  ]
  for (const [form, message] of wrong)
    it(`'${form}' is one error`, () => assert.deepEqual(errors(`$GENERATE ${form}`), [message]))

  it('stands for a bounded number of lines in all', () => {
    const half = `$GENERATE 1-${MAX_GENERATED / 2 + 1} a TYPE65280 "\\# x"\n`
    assert.match(
      errors(half + half).join(),
      /3:11 expected at most 1000000 lines from all \$GENERATE together/,
    )
    assert.match(errors('$GENERATE 0-2147483647 a A 192.0.2.1').join(), /expected at most 1000000 lines/)
  })
})

describe('RFC 1035 §5.1 $INCLUDE', () => {
  it('reads another file in its place; origin and owner are then as before, $TTL is not (BIND)', async () => {
    const { records, places } = await stream({
      main: '$TTL 60\na A 192.0.2.1\n$INCLUDE part sub\n TXT "after"\nb A 192.0.2.2\n$INCLUDE "odd name"',
      part: '$TTL 99\n TXT "inherits the owner"\nx A 192.0.2.3\n$ORIGIN deep\ny A 192.0.2.4',
      'odd name': 'c A 192.0.2.5',
    })
    assert.deepEqual(records, [
      'a.example.com. 60 IN A 192.0.2.1',
      'a.example.com. 99 IN TXT "inherits the owner"',
      'x.sub.example.com. 99 IN A 192.0.2.3',
      'y.deep.sub.example.com. 99 IN A 192.0.2.4',
      'a.example.com. 99 IN TXT "after"',
      'b.example.com. 99 IN A 192.0.2.2',
      'c.example.com. 99 IN A 192.0.2.5',
    ])
    assert.deepEqual(places.slice(0, 3), ['main:2:1', 'part:2:2', 'part:3:1'])
  })
  it('names the file in errors, and goes on after them', async () => {
    const { records, errors } = await stream({
      main: '$TTL 1\n$INCLUDE part\n$INCLUDE none\n$INCLUDE\nb A x',
      part: 'a A 1\n',
    })
    assert.deepEqual(errors, [
      'part:1:5 A: expected an IPv4 address, not "1"',
      'main:3:1 no file none',
      'main:4:9 expected the name of a file, but the record ends',
      'main:5:5 A: expected an IPv4 address, not "x"',
    ])
    assert.deepEqual(records, [])
  })
  it('refuses loops, direct or not, and files nested too deep', async () => {
    const loop = await stream({ main: '$INCLUDE a', a: '$INCLUDE b', b: '$INCLUDE a' })
    assert.deepEqual(loop.errors, ['b:1:1 a is being read already: files include each other in a loop'])
    assert.match(
      (await stream({ main: '$INCLUDE main' })).errors.join(),
      /^main:1:1 main is being read already/,
    )
    const deep = Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`${at}`, `$INCLUDE ${at + 1}`]))
    assert.match(
      (await stream({ main: '$INCLUDE 0', ...deep })).errors.join(),
      /^15:1:1 expected files included at most 16 deep$/,
    )
  })
  it('may name one file twice', async () => {
    const { records } = await stream({ main: '$TTL 1\n$INCLUDE p a\n$INCLUDE p b', p: 'x A 192.0.2.1' })
    assert.equal(records.length, 2)
  })
})

describe('a zone file that comes in pieces', () => {
  const TEXT = `\ufeff$TTL 60\r\n@ SOA ns h ( 1 ; first
 2 3 4 5 )
www A 192.0.2.1 ; comment
 TXT "ü" ( "a;b"
 "c" )
$GENERATE 1-3 g$ A 192.0.2.$
last A 192.0.2.9`
  it('reads as it does whole, wherever it is cut', async () => {
    const parsed = parseZoneFile(TEXT, { origin: ORIGIN })
    assert.ok(parsed.ok)
    for (let octets = 1; octets < Buffer.byteLength(TEXT); octets++)
      assert.deepEqual((await stream({ main: TEXT }, octets)).records, parsed.records.map(recordToText))
  })
  it('has the same errors at the same places, whatever the text', async () => {
    const pieces = fc.constantFrom(
      'a',
      ' ',
      '\n',
      '\r\n',
      '(',
      ')',
      '"',
      ';',
      '\\',
      '$TTL',
      '60',
      'A',
      '192.0.2.1',
      'TXT',
      '=',
      'ü',
    )
    await fc.assert(
      fc.asyncProperty(
        fc.array(pieces, { maxLength: 40 }),
        fc.integer({ min: 1, max: 9 }),
        async (list, octets) => {
          const text = list.join('')
          const whole = parseZoneFile(text, { origin: ORIGIN })
          const found = await stream({ main: text }, octets)
          const expected = whole.ok ? [] : whole.errors.map((e) => `main:${e.line}:${e.column} ${e.message}`)
          assert.deepEqual(found.errors, expected)
          if (whole.ok) assert.deepEqual(found.records, whole.records.map(recordToText))
        },
      ),
      { numRuns: 500 },
    )
  })
  it('says where it stops being UTF-8, also when it ends inside a character', async () => {
    const bad = Buffer.concat([
      Buffer.from('a 1 A 192.0.2.1\nb 1 TXT "x'),
      Buffer.from([0xff]),
      Buffer.from('"'),
    ])
    const message = 'the text is not UTF-8 from here on; write octets beyond ASCII as \\DDD'
    for (const octets of [1, 7, 100])
      assert.deepEqual((await stream({ main: bad }, octets)).errors, [`main:2:11 ${message}`])
    assert.equal((await stream({ main: Buffer.from([0x61, 0xc3]) })).errors.length, 1)
  })
  it('is not held for an entry that never ends', async () => {
    const { errors } = await stream({ main: `a 1 A 192.0.2.1\nb 1 TXT (\n${'x '.repeat(2_000_000)}` }, 65_536)
    assert.deepEqual(errors, [
      'main:2:1 expected a record that ends within 1048576 characters: what follows was not read',
    ])
  })
  it('has at most a thousand errors', async () =>
    assert.equal((await stream({ main: 'x\n'.repeat(5_000) }, 4_096)).errors.length, 1_000))
})
