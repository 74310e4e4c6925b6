import { Rcode } from '../../../shared/dns/codes.ts'
import type { Settled } from '../update/resends.ts'
import type { FormAnswer } from './form.ts'

/** What forms share that speak JSON, whose clients go by the status. */

export type JsonObject = { readonly [field: string]: unknown }

/** Undefined for a body that is no JSON object. */
export function readObject(body: Uint8Array): JsonObject | undefined {
  const value = readJson(body)
  return isObject(value) ? value : undefined
}

/** Undefined for a body that is no JSON. */
export function readJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString('utf8'))
  } catch {
    return undefined
  }
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function jsonAnswer(
  status: number,
  word: string,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): FormAnswer {
  return { status, word, body: `${JSON.stringify(value)}\n`, type: 'application/json', headers }
}

const STATUS: Readonly<Record<number, readonly [status: number, word: string]>> = {
  [Rcode.NOERROR]: [200, 'done'],
  [Rcode.FORMERR]: [400, 'malformed'],
  [Rcode.SERVFAIL]: [503, 'not accepted'],
  [Rcode.REFUSED]: [403, 'refused'],
  [Rcode.NOTAUTH]: [403, 'refused'],
  [Rcode.NXRRSET]: [409, 'changed meanwhile'],
}

/** An unknown outcome is none that failed: it must not be told as one (P3). */
export function statusOf(settled: Settled | undefined): { readonly status: number; readonly word: string } {
  if (settled === undefined) return { status: 504, word: 'outcome unknown' }
  const [status, word] = STATUS[settled.rcode] ?? [409, 'refused']
  return { status, word }
}

/** For people, in an error's body: what the client may know, with what the operator finds it by. */
export function sentenceOf(settled: Settled | undefined): string {
  if (settled === undefined) return 'the outcome is not known; repeat the request'
  const { reason, reference } = settled
  return reference === '' ? reason : `${reason} (${reference})`
}
