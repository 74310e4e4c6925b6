import type { Resealed } from '../../services/zone-writer/admin/reseal.ts'
import type { Command } from '../command.ts'

/** Of many secrets. */
const TIMEOUT_MS = 10 * 60_000

export const keyReseal: Command = {
  words: 'key reseal',
  summary: 'Seal all secrets under the next master key; docs/keys.md has the order of the steps',
  options: {
    check: { type: 'boolean', what: 'change nothing; show which edges and writers have the next master key' },
    force: { type: 'boolean', what: 'also when one lacks it; it then knows no key until it gets it' },
  },
  examples: ['zonelog key reseal --check', 'zonelog key reseal'],
  run: async ({ options, api, terminal, json }) => {
    const [check, force] = [options.has('check'), options.has('force')]
    const resealed = await api.post<Resealed>('/master-key/reseal', { check, force }, TIMEOUT_MS)
    if (json) return terminal.json(resealed)
    for (const { role, id, holdsNext } of resealed.holders)
      terminal.line(
        `${role} ${id} ${holdsNext ? 'has' : terminal.colour('red', 'lacks')} the next master key`,
      )
    if (!resealed.isNext) return terminal.line('secrets are sealed under the present master key')
    terminal.line(
      resealed.secrets === 0
        ? 'secrets are sealed under the next master key already'
        : `${resealed.secrets} secrets are now sealed under the next master key`,
    )
    const { present, next } = resealed.places
    terminal.note(`Now make the next one the present one, on every machine: mv ${next} ${present}`)
  },
}
