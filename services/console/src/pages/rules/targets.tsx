import type { ExplainedTarget } from '../../api/operations.ts'
import { Badge } from '../../parts/badge.tsx'

/** What each rule says of each name of an update. */
export function Targets({
  targets,
  hidden,
}: {
  readonly targets: readonly ExplainedTarget[]
  readonly hidden: number
}) {
  return (
    <>
      {targets.map(({ operation, name, type, allowed, sentence, rules }) => (
        <details key={`${operation} ${name} ${type}`} open={!allowed}>
          <summary>
            <Badge tone={allowed ? 'good' : 'bad'}>{allowed ? 'allowed' : 'refused'}</Badge> {operation}{' '}
            <code>
              {name} {type}
            </code>
          </summary>
          <p>{sentence}</p>
          <ol class="judged">
            {rules.map(({ position, rule, result, because }) => (
              <li key={position} value={position}>
                <code>{rule}</code> <Badge tone={toneOf(result)}>{result}</Badge>{' '}
                <span class="quiet">{because}</span>
              </li>
            ))}
          </ol>
        </details>
      ))}
      {hidden > 0 && <p class="quiet">{hidden} more names are like these.</p>}
    </>
  )
}

function toneOf(result: string) {
  return result === 'grants' ? 'good' : result === 'denies' ? 'bad' : 'quiet'
}
