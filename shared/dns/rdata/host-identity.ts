import { skipName } from '../name-wire.ts'
import { u16 } from '../octets.ts'
import { base64Text, fromBase64, fromHex, hexText } from './binary.ts'
import { expected, type Field } from './field.ts'
import { name } from './names.ts'
import { decimal, putNumber } from './numbers.ts'

/** HIP's RDATA as a whole (RFC 8005 §5): its two lengths stand before what they measure. */
export const hostIdentity: Field = {
  what: 'a host identity (RFC 8005)',
  end(octets, at, limit) {
    if (at + 4 > limit) return -1
    const keyEnd = at + 4 + octets[at]! + u16(octets, at + 2)
    if (octets[at] === 0 || u16(octets, at + 2) === 0 || keyEnd > limit) return -1
    let next = keyEnd
    while (next >= 0 && next < limit) next = skipName(octets, next, limit)
    return next
  },
  print(octets, at, end) {
    const tagEnd = at + 4 + octets[at]!
    const keyEnd = tagEnd + u16(octets, at + 2)
    const texts = [`${octets[at + 1]}`, hexText(octets, at + 4, tagEnd), base64Text(octets, tagEnd, keyEnd)]
    for (let next = keyEnd; next < end; ) {
      const stop = skipName(octets, next, end)
      texts.push(name.print(octets, next, stop)!)
      next = stop
    }
    return texts.join(' ')
  },
  parse(tokens, out) {
    const first = tokens.next()
    const algorithm = decimal(first, 255)
    if (algorithm === undefined) return expected('a number up to 255', first)
    const second = tokens.next()
    const identity = fromHex(second ?? '')
    if (identity === undefined || identity.length === 0 || identity.length > 255) {
      return expected('a host identity tag in hexadecimal digits', second)
    }
    const third = tokens.next()
    const key = fromBase64(third ?? '')
    if (key === undefined || key.length === 0 || key.length > 0xffff)
      return expected('a key in base64', third)
    out.octet(identity.length)
    out.octet(algorithm)
    putNumber(out, key.length, 2)
    out.append(identity)
    out.append(key)
    while (tokens.left > 0) {
      const problem = name.parse(tokens, out)
      if (problem !== undefined) return problem
    }
    return undefined
  },
}
