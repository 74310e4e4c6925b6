import { newCommandId } from '../../shared/command-id.ts'
import type { UpdateCommand } from '../../shared/commands.ts'
import { withoutSignature } from '../../shared/dns/signed-content.ts'
import { fingerprintOf } from '../../shared/fingerprint.ts'
import { APEX, decoded } from './spec.ts'

/** The command that an edge would make of an unsigned message from 127.0.0.1. */
export function commandOf(
  zoneId: number,
  message: Uint8Array,
  more: Partial<UpdateCommand> = {},
): UpdateCommand {
  const now = Date.now()
  return {
    id: newCommandId(now),
    zoneId,
    zone: APEX,
    fingerprint: fingerprintOf('unsigned', '127.0.0.1', withoutSignature(message, decoded(message))),
    edgeId: 'test',
    identity: 'unsigned',
    source: { address: '127.0.0.1', port: 1 },
    transport: 'udp',
    receivedAt: now,
    deadline: now + 5_000,
    message,
    ...more,
  }
}
