import type { Command } from '../command.ts'
import { CHANGE_OPTIONS, changeOne, ttlFrom } from '../record-change.ts'

export const recordReplace: Command = {
  words: 'record replace',
  summary: 'Put records in the place of an RRset',
  takes: ['ZONE', 'NAME', 'TTL', 'TYPE', 'VALUE', '[VALUE...]'],
  options: CHANGE_OPTIONS,
  examples: [
    'zonelog record replace example.com www 300 A 192.0.2.1 192.0.2.2',
    'zonelog record replace example.com @ 300 TXT \'"v=spf1 -all"\' --if-serial 2026112601',
  ],
  run: async (call) => {
    const [, name, ttl, type, ...values] = call.args
    await changeOne(call, { action: 'replace', name: name!, ttl: ttlFrom(ttl), type: type!, values })
  },
}
