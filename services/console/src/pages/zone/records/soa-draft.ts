import type { RRset } from '../../../api/operations.ts'
import { absoluteName, ttlFault } from './record-names.ts'

/** An SOA (RFC 1035 §3.3.13) as it is typed; its serial is not. */
export interface SoaDraft {
  readonly mname: string
  readonly rname: string
  readonly refresh: string
  readonly retry: string
  readonly expire: string
  readonly minimum: string
  readonly ttl: string
}

export const SOA_TIMERS = ['refresh', 'retry', 'expire', 'minimum', 'ttl'] as const

/** Fields of RDATA in their order: `MNAME RNAME SERIAL REFRESH RETRY EXPIRE MINIMUM`. */
function fieldsOf(value: string): readonly string[] {
  return value.split(/ +/)
}

export function soaDraftOf({ ttl, values }: RRset): SoaDraft {
  const [mname = '', rname = '', , refresh = '', retry = '', expire = '', minimum = ''] = fieldsOf(
    values[0] ?? '',
  )
  return { mname, rname: mailOf(rname), refresh, retry, expire, minimum, ttl: String(ttl) }
}

export function soaSerial({ values }: RRset): number {
  return Number(fieldsOf(values[0] ?? '')[2])
}

export function withSoaSerial(value: string, serial: number): string {
  return fieldsOf(value).with(2, String(serial)).join(' ')
}

/** What the draft makes of the zone's SOA, whose serial stays: the API puts in the next one. */
export function soaOf(draft: SoaDraft, zone: string, original: RRset): RRset {
  const { mname, rname, refresh, retry, expire, minimum, ttl } = draft
  const names = [absoluteName(mname, zone), absoluteName(nameOfMail(rname), zone)]
  const value = [...names, soaSerial(original), refresh, retry, expire, minimum].map(String).join(' ')
  return { ...original, ttl: Number(ttl), values: [value] }
}

export function soaFaults(draft: SoaDraft): Readonly<Partial<Record<keyof SoaDraft, string>>> {
  const faults: Partial<Record<keyof SoaDraft, string>> = {}
  if (draft.mname.trim() === '') faults.mname = 'Give the name of the primary server.'
  if (draft.rname.trim() === '') faults.rname = 'Give a mail address.'
  for (const timer of SOA_TIMERS) {
    const fault = ttlFault(draft[timer])
    if (fault !== undefined) faults[timer] = fault
  }
  return faults
}

/** What works and is rarely meant (RFC 1912 §2.2, RFC 2308 §5). */
export function soaAdvice({ refresh, retry, expire, minimum }: SoaDraft): string[] {
  const advice: string[] = []
  if (Number(retry) >= Number(refresh)) advice.push('Retry is mostly shorter than refresh.')
  if (Number(expire) <= Number(refresh) + Number(retry))
    advice.push('Secondaries let the zone expire before they asked twice: expire is mostly a week or more.')
  if (Number(minimum) > 86_400) advice.push('That a name is not there is remembered for more than a day.')
  return advice
}

/** `root.example.com.` is the mail of root@example.com.; a dot before the @ stands behind a backslash (RFC 1035 §8). */
function mailOf(rname: string): string {
  const [, user, host] = /^((?:[^.\\]|\\.)+)\.(.+)$/.exec(rname) ?? []
  return user === undefined ? rname : `${user.replaceAll('\\.', '.')}@${host}`
}

function nameOfMail(text: string): string {
  const mail = text.trim()
  const at = mail.lastIndexOf('@')
  if (at === -1 || mail === '@') return mail
  const [user, host] = [mail.slice(0, at), mail.slice(at + 1)]
  // people write a host of mail without the final dot
  return `${user.replaceAll(/(?<!\\)\./g, '\\.')}.${host.includes('.') && !host.endsWith('.') ? `${host}.` : host}`
}
