import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Rcode } from '../../shared/dns/codes.ts'
import { ExtendedErrorCode, extendedError, readExtendedError } from '../../shared/dns/edns.ts'
import { encodeResponse } from '../../shared/dns/message.ts'
import { decoded } from '../support/spec.ts'

describe('RFC 8914 extended DNS errors', () => {
  const carried = (text: string) => {
    const options = [extendedError(ExtendedErrorCode.PROHIBITED, text)]
    const { bytes } = encodeResponse({ id: 1, opcode: 0, rcode: Rcode.REFUSED, edns: { options } })
    return readExtendedError(decoded(bytes).edns!.options)
  }

  it('travel in the OPT record as option 15: the info code, then text without a final NUL (§2)', () => {
    assert.deepEqual(extendedError(ExtendedErrorCode.PROHIBITED, 'no'), {
      code: 15,
      data: Buffer.from('00126e6f', 'hex'),
    })
    assert.deepEqual(carried('no rule admits it'), { code: 18, text: 'no rule admits it' })
  })

  it('need no text', () => assert.deepEqual(carried(''), { code: 18, text: '' }))

  it('have at most 64 octets of text, cut between characters', () => {
    assert.equal(carried('x'.repeat(100))?.text, 'x'.repeat(64))
    assert.equal(carried(`${'x'.repeat(63)}ü`)?.text, 'x'.repeat(63))
    assert.equal(carried('ü'.repeat(40))?.text, 'ü'.repeat(32))
  })

  it('are not found where there are none, or the option is too short to be one', () => {
    assert.equal(readExtendedError([]), undefined)
    assert.equal(readExtendedError([{ code: 15, data: Buffer.alloc(1) }]), undefined)
  })
})
