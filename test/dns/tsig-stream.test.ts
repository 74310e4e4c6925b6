import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { decodeMessage, encodeMessage } from '../../shared/dns/message.ts'
import { nameOf } from '../../shared/dns/name.ts'
import {
  signMessage,
  type TsigKey,
  TsigStream,
  TsigStreamCheck,
  verifyRequest,
} from '../../shared/dns/tsig.ts'
import { ALGORITHMS } from '../../shared/dns/tsig-algorithms.ts'
import { macOf, priorMac } from '../../shared/dns/tsig-mac.ts'
import { tsigTimers } from '../../shared/dns/tsig-record.ts'
import { appendTsig, emptyTsig } from '../../shared/dns/tsig-sign.ts'

const NOW = 1_790_000_000
const KEY: TsigKey = { name: nameOf('xfr.'), algorithm: 'hmac-sha256', secret: Buffer.alloc(32, 7) }

function transferOf(count: number) {
  const request = signMessage(encodeMessage({ id: 1 }), KEY, NOW)
  const verdict = verifyRequest(request.bytes, read(request.bytes), () => [KEY], NOW)
  assert.equal(verdict.kind, 'verified')
  const plain = Array.from({ length: count }, () => encodeMessage({ id: 1, flags: { qr: true } }))
  return { request, verdict: verdict as Extract<typeof verdict, { kind: 'verified' }>, plain }
}

function read(bytes: Uint8Array) {
  const message = decodeMessage(bytes)
  assert.ok(message.ok)
  return message.value
}

const faults = (check: TsigStreamCheck, messages: readonly Uint8Array[], now = NOW) =>
  messages.map((bytes) => check.faultOf(bytes, read(bytes), now))

describe('an answer of several messages is verified (RFC 8945 §5.3.1)', () => {
  it('where each is signed, over the MAC of the one before', () => {
    const { request, verdict, plain } = transferOf(4)
    const stream = new TsigStream(verdict)
    const signed = plain.map((bytes) => stream.sign(bytes, NOW))
    const check = new TsigStreamCheck(KEY, request.mac)
    assert.deepEqual(faults(check, signed), [undefined, undefined, undefined, undefined])
    assert.ok(check.isComplete)
    const swapped = new TsigStreamCheck(KEY, request.mac)
    assert.equal(faults(swapped, [signed[0]!, signed[2]!])[1], 'its signature is wrong')
  })

  it('where some between are not signed: the next signature covers them, and the last must be signed', () => {
    const { request, verdict, plain } = transferOf(4)
    const first = new TsigStream(verdict).sign(plain[0]!, NOW)
    const times = emptyTsig(plain[3]!, KEY, ALGORITHMS['hmac-sha256'].name, NOW)
    const mac = macOf(KEY, [priorMac(read(first).tsig!.mac), ...plain.slice(1), tsigTimers(times)])
    const last = appendTsig(plain[3]!, { ...times, mac })
    const check = new TsigStreamCheck(KEY, request.mac)
    assert.deepEqual(faults(check, [first, plain[1]!, plain[2]!]), [undefined, undefined, undefined])
    assert.ok(!check.isComplete)
    assert.deepEqual(faults(check, [last]), [undefined])
    assert.ok(check.isComplete)
    const robbed = new TsigStreamCheck(KEY, request.mac)
    assert.equal(faults(robbed, [first, plain[1]!, last]).at(-1), 'its signature is wrong')
  })

  it('but not a first one without a signature, a hundred in a row, or one of another time', () => {
    const { request, verdict, plain } = transferOf(102)
    assert.equal(faults(new TsigStreamCheck(KEY, request.mac), plain)[0], 'it is not signed')
    const first = new TsigStream(verdict).sign(plain[0]!, NOW)
    const check = new TsigStreamCheck(KEY, request.mac)
    const found = faults(check, [first, ...plain.slice(1, 101)])
    assert.deepEqual(found.indexOf('too many messages in a row are not signed'), 100)
    assert.equal(
      faults(new TsigStreamCheck(KEY, request.mac), [first], NOW + 301)[0],
      'its clock differs from ours',
    )
  })
})
