import type { RuleList } from '../../api/operations.ts'
import { Button } from '../../parts/button.tsx'

/** Two have changed the rules: both lists are shown, and nothing is saved until somebody decides. */
export function RulesConflict({
  newer,
  mine,
  onMine,
  onTheirs,
}: {
  readonly newer: Pick<RuleList, 'version' | 'rules'>
  readonly mine: readonly string[]
  readonly onMine: () => void
  readonly onTheirs: () => void
}) {
  return (
    <section class="note warn" role="alert" aria-label="Conflict">
      <p>
        <strong>Somebody changed the rules since you opened them.</strong> Nothing of yours was saved, and it
        is still here.
      </p>
      <div class="columns">
        <div>
          <h3>Stored now, version {newer.version}</h3>
          <Rules rules={newer.rules} />
        </div>
        <div>
          <h3>Yours</h3>
          <Rules rules={mine} />
        </div>
      </div>
      <div class="actions">
        <Button onClick={onMine}>Go on with mine on the newest version</Button>
        <Button onClick={onTheirs}>Take what is stored</Button>
      </div>
    </section>
  )
}

function Rules({ rules }: { readonly rules: readonly string[] }) {
  if (rules.length === 0) return <p>No rule.</p>
  return (
    <ol class="judged">
      {rules.map((rule) => (
        <li key={rule}>
          <code>{rule}</code>
        </li>
      ))}
    </ol>
  )
}
