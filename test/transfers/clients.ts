import assert from 'node:assert/strict'
import { type DnsClient, type UpdateParts, update } from '../support/dns-client.ts'
import type { ServerAddress } from '../support/nsupdate.ts'
import { python } from '../support/python.ts'
import { until } from './patience.ts'

export interface Ask {
  readonly zone: string
  readonly kind?: 'AXFR' | 'IXFR'
  readonly serial?: number
  readonly udp?: boolean
  readonly signed?: boolean
  readonly edns?: boolean
  /** What the client takes over UDP. */
  readonly size?: number
  /** The lines of a zone that is to be brought up to date. */
  readonly base?: string
}

export interface Transferred {
  readonly rcode?: string
  readonly ede?: readonly (readonly [number, string | null])[]
  readonly error?: string
  readonly messages: number
  readonly signed: number
  readonly sizes: readonly number[]
  readonly records: readonly string[]
  readonly zone: readonly string[]
}

export interface TransferKey {
  readonly name: string
  readonly algorithm: string
  readonly secret: string
}

/** What dnspython gets for these requests, one after another; it verifies the signature of each message. */
export async function transfers(
  server: ServerAddress,
  key: TransferKey,
  ...asks: readonly Ask[]
): Promise<Transferred[]> {
  const requests = asks.map((ask) => ({ kind: 'AXFR', ...ask }))
  return await python<Transferred[]>('transfer.py', { ...server, key, asks: requests })
}

export async function transfer(server: ServerAddress, key: TransferKey, ask: Ask): Promise<Transferred> {
  const [only] = await transfers(server, key, ask)
  return only!
}

/**
 * Sends an update until it is accepted: a busy machine may be slow enough for silence or SERVFAIL, and one that only adds does no harm
 * when it is sent again.
 */
export async function accepted(client: DnsClient, parts: UpdateParts): Promise<void> {
  let rcode = ''
  await until(
    'an update is accepted',
    async () => {
      rcode = await client.rcode(update(parts))
      return rcode !== 'silence' && rcode !== 'SERVFAIL'
    },
    120_000,
  )
  assert.equal(rcode, 'NOERROR')
}
