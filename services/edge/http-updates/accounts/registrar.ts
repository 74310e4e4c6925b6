import type { NatsConnection } from 'nats'
import type { CatalogUpdateToken } from '../../../../shared/catalog.ts'
import type { Name } from '../../../../shared/dns/name.ts'
import {
  type AccountRefusal,
  type AccountReply,
  decodeAccountReply,
  encodeAccountRequest,
} from '../../../../shared/messaging/account-service.ts'
import { ACCOUNT_SERVICE } from '../../../../shared/messaging/subjects.ts'
import { newUpdateToken, updateTokenHash } from '../../../../shared/update-token.ts'
import { senderOf } from '../../update/update-limits.ts'
import { askWriters, NotServed } from '../../zones/zone-client.ts'

/** How long an edge waits for an account that a writer has made to come here, in ms. */
const ARRIVAL_MS = 5_000

/** An account, with the only copy of its password. */
export interface Account {
  readonly user: string
  readonly password: string
  readonly name: Name
}

/** `no-writer`: nothing was made; `unknown`: nobody knows; `not-here`: it was made, and cannot be used at this edge yet. */
export type NotRegistered = AccountRefusal | 'no-writer' | 'unknown' | 'not-here'

/** Gets accounts for clients of acme-dns. */
export interface Registrar {
  register(address: string, allowFrom: readonly string[]): Promise<Account | NotRegistered>
}

/** {@link Registrar} over NATS. `arrival` resolves when the catalog has a token with this hash, with undefined after so many ms. */
export function natsRegistrar(
  nats: NatsConnection,
  edgeId: string,
  arrival: (hash: string, ms: number) => Promise<CatalogUpdateToken | undefined>,
): Registrar {
  return {
    async register(address, allowFrom) {
      const password = newUpdateToken()
      const hash = updateTokenHash(password)
      const network = senderOf('unsigned', address)
      const reply = await ask(nats, encodeAccountRequest({ hash, allowFrom, network, edgeId }))
      if (typeof reply === 'string') return reply
      if (reply.kind === 'refused') return reply.why
      if ((await arrival(hash, ARRIVAL_MS)) === undefined) return 'not-here'
      return { user: reply.user, password, name: reply.name }
    },
  }
}

/** Asks again where a writer was silent: it may have died, and another finds what it did. */
async function ask(
  nats: NatsConnection,
  request: Uint8Array,
): Promise<AccountReply | 'no-writer' | 'unknown'> {
  let mayHaveBeenMade = false
  for (let attempt = 1; attempt <= 2; attempt++) {
    try {
      return decodeAccountReply(await askWriters(nats, ACCOUNT_SERVICE, request))
    } catch (error) {
      if (!(error instanceof NotServed)) throw error
      mayHaveBeenMade ||= error.why !== 'no-writer'
    }
  }
  return mayHaveBeenMade ? 'unknown' : 'no-writer'
}
