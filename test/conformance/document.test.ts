import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { DIFFERENCES } from '../clients/bind-difference-list.ts'
import { AGREED_WITH_BIND } from './differences.ts'
import { answerRows, bindRows, knotRows, policyRows, ruleRows } from './tables.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const PAGE = readFileSync(`${ROOT}/docs/conformance.md`, 'utf8')
/** `` `file` › name ``, up to the end of the cell or the parenthesis. */
const REFERENCE = /`(test\/[^`]+)` › (.+?)(?: \||\)\.$)/gm

describe('docs/conformance.md', () => {
  it('has each rule, with what the three servers do', () => {
    for (const row of ruleRows()) assert.ok(PAGE.includes(row), `missing: ${row}`)
  })

  it('has each agreed difference', () => {
    for (const row of [...bindRows(), ...knotRows(), ...answerRows(), ...policyRows()])
      assert.ok(PAGE.includes(row), `missing: ${row}`)
  })

  it('names tests that exist', () => {
    const references = [...PAGE.matchAll(REFERENCE)]
    assert.ok(references.length > 100)
    for (const [, file = '', name = ''] of references) {
      assert.ok(existsSync(`${ROOT}/${file}`), file)
      const source = readFileSync(`${ROOT}/${file}`, 'utf8')
      assert.ok(source.includes(name), `${file} › ${name}`)
    }
  })
})

describe('what the random messages are forgiven', () => {
  it('is shown by a message of its own', () => {
    const titles = DIFFERENCES.map(({ title }) => title)
    for (const { title } of AGREED_WITH_BIND) assert.ok(titles.includes(title), title)
  })
})
