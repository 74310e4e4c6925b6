import type { Key, Secret } from '../../api/operations.ts'
import type { Tone } from '../../parts/badge.tsx'

/** When any secret of the key was used last, as edges have told. */
export function lastUse({ secrets }: Pick<Key, 'secrets'>): string | undefined {
  return secrets
    .flatMap(({ lastUsedAt }) => (lastUsedAt === null ? [] : [lastUsedAt]))
    .sort()
    .at(-1)
}

export function stateTone(state: Key['state'] | Secret['state']): Tone {
  if (state === 'active') return 'good'
  return state === 'retiring' ? 'warn' : 'bad'
}

/** What people type: `90d`, a day, or nothing for never. Throws a RangeError that says what is expected. */
export function expiryFrom(text: string, now: number): string | null {
  const word = text.trim()
  if (word === '' || word === 'never') return null
  const days = /^(\d{1,5})\s*d(ays?)?$/.exec(word)
  if (days) return new Date(now + Number(days[1]) * 86_400_000).toISOString()
  const at = Date.parse(word)
  if (Number.isNaN(at))
    throw new RangeError(`“${word}” is no time: expected 90d, a date such as 2027-01-31, or never.`)
  return new Date(at).toISOString()
}
