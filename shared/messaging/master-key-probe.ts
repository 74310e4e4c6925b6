import { type NatsConnection, RequestStrategy } from 'nats'
import type { MasterKeys } from '../secrets/master-keys.ts'
import { SecretError } from '../secrets/sealed.ts'
import type { Role } from './presence.ts'
import { MASTER_KEY_PROBE } from './subjects.ts'

/** What a process says to a check text: whether it has the master key that opens it. */
export interface ProbeAnswer {
  readonly role: Role
  readonly id: string
  readonly opens: boolean
}

/** Answers {@link probeMasterKeys} for as long as the connection stands. */
export function answerProbes(
  nats: NatsConnection,
  { role, id }: { role: Role; id: string },
  masterKeys: MasterKeys,
): void {
  nats.subscribe(MASTER_KEY_PROBE, {
    callback: (error, message) => {
      if (error === null)
        message.respond(JSON.stringify({ role, id, opens: opens(masterKeys, message.data) }))
    },
  })
}

/** Asks all processes that run now; waits until nobody new has answered for `quietMs`. */
export async function probeMasterKeys(
  nats: NatsConnection,
  check: Uint8Array,
  quietMs = 250,
): Promise<ProbeAnswer[]> {
  const answers: ProbeAnswer[] = []
  const options = { strategy: RequestStrategy.JitterTimer, maxWait: 2_000, jitter: quietMs } as const
  for await (const message of await nats.requestMany(MASTER_KEY_PROBE, check, options))
    answers.push(message.json<ProbeAnswer>())
  return answers
}

function opens(masterKeys: MasterKeys, check: Uint8Array): boolean {
  try {
    masterKeys.thatSealed(check)
    return true
  } catch (error) {
    if (error instanceof SecretError) return false
    throw error
  }
}
