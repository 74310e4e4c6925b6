import type { Me } from '../../services/zone-writer/api/answers/access.ts'
import type { Command } from '../command.ts'
import { printFacts } from '../table.ts'
import { atTime } from '../time.ts'

export const tokenShow: Command = {
  words: 'token show',
  summary: 'Show what the token that this command line uses may do',
  examples: ['zonelog token show', 'ZONELOG_API_TOKEN=$(cat token) zonelog token show'],
  run: async ({ api, config, terminal, json }) => {
    const me = await api.get<Me>('/me')
    if (json) return terminal.json(me)
    printFacts(terminal, [
      ['API', config.apiUrl],
      ['token', me.token],
      ['role', me.role],
      ['zones', me.zones?.join(', ') ?? 'all'],
      ['expires', me.expiresAt === null ? 'never' : `${atTime(me.expiresAt)} UTC`],
    ])
  },
}
