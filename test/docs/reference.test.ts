import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { referencePages } from '../../cli/reference/pages.ts'
import { readPage } from './pages.ts'

describe('docs/reference', () => {
  for (const [name, text] of referencePages())
    it(`${name} is as the code has it; \`npm run docs\` writes it`, () =>
      assert.equal(readPage(`docs/reference/${name}`), text))
})
