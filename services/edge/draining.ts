import { Opcode } from '../../shared/dns/codes.ts'
import { readHeader } from '../../shared/dns/message.ts'
import type { MessageHandler } from './listeners/listener.ts'

/**
 * An edge that is asked to end takes no more updates, finishes those under way, and answers everything else meanwhile. A new update
 * gets silence: its sender sends it again, to another edge or to the next process at this address.
 */
export class Draining {
  isOn = false

  guard(handle: MessageHandler): MessageHandler {
    return (message, from) => (this.isOn && isUpdate(message) ? undefined : handle(message, from))
  }
}

function isUpdate(message: Uint8Array): boolean {
  const header = readHeader(message)
  return header?.opcode === Opcode.UPDATE && !header.qr
}
