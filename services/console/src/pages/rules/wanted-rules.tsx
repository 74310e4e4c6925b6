import type { WantedRule } from '../../api/operations.ts'
import { pathTo } from '../../routing/match.ts'

/** The shortest rules that would allow what was refused; the editor opens with one of them added. */
export function WantedRules({
  zone,
  wanted,
}: {
  readonly zone: string
  readonly wanted: readonly WantedRule[]
}) {
  if (wanted.length === 0) return null
  return (
    <section class="note" aria-label="What would allow it">
      <h3>What would allow it</h3>
      <ul>
        {wanted.map(({ rule, at }) => {
          const place = at === undefined ? '' : `&at=${at}`
          const href = `${pathTo('/zones/:zone/rules', { zone })}?add=${encodeURIComponent(rule)}${place}`
          return (
            <li key={rule}>
              <code>{rule}</code> <a href={href}>Add it to the rules …</a>
            </li>
          )
        })}
      </ul>
    </section>
  )
}
