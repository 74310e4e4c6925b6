import type { Msg, NatsConnection } from 'nats'
import type { AcmeDnsConfig } from '../../../shared/config/acme-dns.ts'
import {
  type AccountReply,
  decodeAccountRequest,
  encodeAccountReply,
} from '../../../shared/messaging/account-service.ts'
import { ACCOUNT_SERVICE } from '../../../shared/messaging/subjects.ts'
import { ZONE_SERVICE_QUEUE } from '../../../shared/messaging/zone-service.ts'
import type { AdminContext } from '../admin/context.ts'
import { registerAccount } from '../admin/keys/register-account.ts'

/** Registrations under way at once: they wait for each other in the database anyway. */
const AT_ONCE = 4

/** Answers what edges ask for clients of acme-dns, shared with the other writers; returns how to stop. */
export function serveAccounts(
  nats: NatsConnection,
  admin: AdminContext,
  settings: AcmeDnsConfig | undefined,
): () => void {
  let running = 0
  async function answer(request: Msg): Promise<AccountReply> {
    if (running >= AT_ONCE) return { kind: 'refused', why: 'busy' }
    running++
    try {
      return await registerAccount(admin, settings, decodeAccountRequest(request.data))
    } catch (error) {
      admin.log.error({ error }, 'registration of an account failed')
      return { kind: 'refused', why: 'failed' }
    } finally {
      running--
    }
  }
  const subscription = nats.subscribe(ACCOUNT_SERVICE, {
    queue: ZONE_SERVICE_QUEUE,
    callback: (error, request) => {
      if (error !== null) return admin.log.warn({ error }, 'subscription for accounts failed')
      void answer(request).then((reply) => {
        if (!nats.isClosed()) request.respond(encodeAccountReply(reply))
      })
    },
  })
  return () => subscription.unsubscribe()
}
