export { isMetaType, Type, typeFromText, typeToText } from './types.ts'

export const Class = { IN: 1, CH: 3, HS: 4, NONE: 254, ANY: 255 } as const
export type Class = (typeof Class)[keyof typeof Class]

export const Opcode = { QUERY: 0, IQUERY: 1, STATUS: 2, NOTIFY: 4, UPDATE: 5, DSO: 6 } as const
export type Opcode = (typeof Opcode)[keyof typeof Opcode]

/** RFC 1035 §4.1.1, RFC 2136 §2.2, and RFC 6891 §6.1.3, whose BADVERS needs the upper bits in OPT. */
export const Rcode = {
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
  YXDOMAIN: 6,
  YXRRSET: 7,
  NXRRSET: 8,
  NOTAUTH: 9,
  NOTZONE: 10,
  BADVERS: 16,
  BADCOOKIE: 23,
} as const
export type Rcode = (typeof Rcode)[keyof typeof Rcode]

/** RFC 8945 §3 and §5.3: the error field inside TSIG. BADSIG shares 16 with BADVERS, which is an rcode of the message. */
export const TsigError = { NOERROR: 0, BADSIG: 16, BADKEY: 17, BADTIME: 18, BADTRUNC: 22 } as const
export type TsigError = (typeof TsigError)[keyof typeof TsigError]

const RCODE_TEXTS = textsByCode(Rcode)
const CLASS_TEXTS = textsByCode(Class)
const CLASS_CODES = new Map<string, number>(Object.entries(Class))

function textsByCode(codes: Record<string, number>): Map<number, string> {
  return new Map(Object.entries(codes).map(([text, code]) => [code, text]))
}

/** `NOERROR`, or `RCODE11` for one without a name. */
export function rcodeToText(rcode: number): string {
  return RCODE_TEXTS.get(rcode) ?? `RCODE${rcode}`
}

/** The code of `NOERROR`, `refused` or `RCODE11`; undefined for any other text. */
export function rcodeFromText(text: string): number | undefined {
  const upper = text.toUpperCase()
  for (const [code, name] of RCODE_TEXTS) if (name === upper) return code
  const digits = /^RCODE(\d{1,4})$/.exec(upper)?.[1]
  return digits === undefined ? undefined : Number(digits)
}

/** `IN`, or `CLASS4711` for one without a name (RFC 3597 §5). */
export function classToText(code: number): string {
  return CLASS_TEXTS.get(code) ?? `CLASS${code}`
}

/** The code of `IN`, `in` or `CLASS1`; undefined for any other text. */
export function classFromText(text: string): number | undefined {
  const upper = text.toUpperCase()
  const code = CLASS_CODES.get(upper)
  if (code !== undefined) return code
  const digits = /^CLASS(\d{1,5})$/.exec(upper)?.[1]
  return digits !== undefined && Number(digits) <= 0xffff ? Number(digits) : undefined
}
