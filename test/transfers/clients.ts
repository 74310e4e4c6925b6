import type { ServerAddress } from '../support/nsupdate.ts'
import { python } from '../support/python.ts'

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
