import type { Command } from '../command.ts'
import { CHANGE_OPTIONS, changeOne, ttlFrom } from '../record-change.ts'

export const recordAdd: Command = {
  words: 'record add',
  summary: 'Add records to a zone, beside those that are there',
  takes: ['ZONE', 'NAME', 'TTL', 'TYPE', 'VALUE', '[VALUE...]'],
  options: CHANGE_OPTIONS,
  examples: [
    'zonelog record add example.com www 300 A 192.0.2.1 192.0.2.2',
    'zonelog record add example.com @ 300 TXT \'"v=spf1 -all"\' --if-serial 2026112601',
  ],
  run: async (call) => {
    const [, name, ttl, type, ...values] = call.args
    await changeOne(call, { action: 'add', name: name!, ttl: ttlFrom(ttl), type: type!, values })
  },
}
