import { nameToWire, parseName, readPlainName } from '../name.ts'
import { skipName } from '../name-wire.ts'
import { expected, type Field } from './field.ts'

function nameField(embedded: 'legacy' | 'folded' | 'exact'): Field {
  return {
    what: 'a domain name',
    embedded,
    end: skipName,
    print(octets, at, end) {
      const read = readPlainName(octets, at, end)
      return read.ok ? read.value.name : ''
    },
    parse(tokens, out) {
      const token = tokens.next()
      if (token === undefined || token.startsWith('"')) return expected('a domain name', token)
      const parsed = parseName(token, tokens.origin)
      if (!parsed.ok) return parsed.reason
      out.append(nameToWire(parsed.value))
      return undefined
    },
  }
}

/** In the types of RFC 3597 §4: decompressed on input, lower-cased for comparison. */
export const legacyName = nameField('legacy')
/** Never compressed, lower-cased for comparison: RFC 4034 §6.2 lists the type, RFC 3597 §4 does not. */
export const foldedName = nameField('folded')
/** Never compressed and compared as it stands: the types that came later, and NSEC (RFC 6840 §5.1). */
export const name = nameField('exact')
