import type { KeyDescription } from '../../services/zone-writer/admin/keys/list-keys.ts'
import type { Command } from '../command.ts'
import { secretText } from '../keys/key-facts.ts'
import { printTable } from '../table.ts'
import { atTime } from '../time.ts'

export const keyList: Command = {
  words: 'key list',
  summary: 'List the keys and the state of their secrets, never what these are',
  examples: ['zonelog key list', "zonelog key list --json | jq -r '.[].name'"],
  run: async ({ api, terminal, json }) => {
    const keys = await api.all<KeyDescription>('/keys', 'keys')
    if (json) return terminal.json(keys)
    if (keys.length === 0) return terminal.note('There are no keys yet: zonelog key create NAME')
    printTable(
      terminal,
      [
        { title: 'KEY', text: (key) => key.name, shrink: true },
        { title: 'ALGORITHM', text: (key) => key.algorithm },
        { title: 'STATE', text: (key) => key.state },
        { title: 'KIND', text: (key) => key.kind, below: 1 },
        { title: 'EXPIRES (UTC)', text: (key) => (key.expiresAt === null ? 'never' : atTime(key.expiresAt)) },
        { title: 'LAST USE (UTC)', text: lastUse },
        { title: 'CREATED (UTC)', text: (key) => atTime(key.createdAt), below: 2 },
      ],
      keys,
      // one that was never rotated has nothing to tell that is not in its line
      ({ secrets }) =>
        secrets.length <= 1 ? [] : secrets.map((secret) => `${secret.id}: ${secretText(secret)}`),
    )
  },
}

/** Of any of its secrets; the use of public keys is not counted. */
function lastUse({ kind, secrets }: KeyDescription): string {
  if (kind === 'sig0') return ''
  const last = secrets
    .flatMap(({ lastUsedAt }) => lastUsedAt ?? [])
    .toSorted()
    .at(-1)
  return last === undefined ? 'never' : atTime(last)
}
