import { sign } from 'node:crypto'
import type { MsgHdrs } from 'nats'
import type { UpdateCommand } from '../../../shared/commands.ts'
import { isSignedBy, type SigningKey } from '../history/verify/checkpoint.ts'

const HEADER = 'Zonelog-Proof'

/**
 * No rules are asked about commands of the API: its tokens were. So that an edge, which may publish commands, cannot claim to be the API,
 * the writer signs them with the key of checkpoints, which only writers have.
 */
export function proveCommand(headers: MsgHdrs, command: UpdateCommand, key: SigningKey): void {
  headers.set(HEADER, sign(null, Buffer.from(textOf(command), 'utf8'), key.private).toString('base64'))
}

/** Whether a command is what it claims: those of clients prove themselves by their own signature or address. */
export function isProven(command: UpdateCommand, headers: MsgHdrs | undefined, publicKeys: string): boolean {
  if (!needsProof(command)) return true
  const proof = headers?.get(HEADER) ?? ''
  return proof !== '' && isSignedBy(textOf(command), Buffer.from(proof, 'base64'), publicKeys)
}

export function needsProof({ identity }: Pick<UpdateCommand, 'identity'>): boolean {
  return identity.startsWith('api:') || identity === 'system'
}

/** The fingerprint covers identity, address and message. */
function textOf({ id, zoneId, fingerprint, identity }: UpdateCommand): string {
  return `zonelog api command 1\n${id}\n${zoneId}\n${Buffer.from(fingerprint).toString('hex')}\n${identity}\n`
}
