import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { ExtendedErrorCode } from '../../shared/dns/edns.ts'
import { REASONS, type Reason, refusalOption } from '../../shared/reasons.ts'

const ROOT = new URL('../../', import.meta.url)
const CODES = Object.entries(REASONS) as [string, Reason][]

describe('reason codes', () => {
  it('stand in docs/operations.md, each with where, answer, meaning and remedy, and no others', () => {
    const documented = readFileSync(new URL('docs/operations.md', ROOT), 'utf8')
      .split('\n')
      .filter((line) => /^\| `[a-z0-9-]+` \| (?:edge|writer)/.test(line))
    assert.deepEqual(documented, CODES.map(rowOf))
  })

  it('are each used by a service', () => {
    const sources = globSync(['services/**/*.ts', 'shared/rules/**/*.ts'], { cwd: fileURLToPath(ROOT) })
      .map((path) => readFileSync(new URL(path, ROOT), 'utf8'))
      .join('\n')
    assert.deepEqual(
      CODES.filter(([code]) => !sources.includes(`'${code}'`)).map(([code]) => code),
      [],
    )
  })

  it('are words for labels and searches', () => {
    for (const [code] of CODES) assert.match(code, /^[a-z0-9]+(-[a-z0-9]+)*$/)
  })

  it('say what to do, in words that fit beside a reference where a client is told', () => {
    for (const [code, { rcode, remedy, told, extendedError }] of CODES) {
      if (rcode !== 'NOERROR') assert.notEqual(remedy, '', code)
      assert.equal(told !== '', extendedError !== undefined, code)
      assert.ok(told.length <= 44, `${code}: leaves no room for '(ref 0123456789)'`)
    }
  })

  it('tell clients a code that this program does not know as a refusal all the same', () =>
    assert.equal(textOf('of-a-newer-writer', 'example.com#7'), 'refused (example.com#7)'))

  it('leave out words before they leave out the reference', () => {
    const zone = `${'a'.repeat(50)}.example#12`
    assert.equal(textOf('limit', zone), `(${zone})`)
  })
})

function textOf(code: string, reference: string): string {
  return Buffer.from(refusalOption(code, reference)!.data.subarray(2)).toString()
}

function rowOf([code, { where, rcode, extendedError, means, remedy }]: [string, Reason]): string {
  return `| \`${code}\` | ${where} | ${rcode} | ${extendedErrorText(extendedError)} | ${means} | ${remedy} |`
}

function extendedErrorText(code: number | undefined): string {
  const name = Object.entries(ExtendedErrorCode).find(([, value]) => value === code)?.[0]
  if (code === undefined || name === undefined) return ''
  const words = name.toLowerCase().split('_')
  return `${code} ${words.map((word) => word[0]!.toUpperCase() + word.slice(1)).join(' ')}`
}
