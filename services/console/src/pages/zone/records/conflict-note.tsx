import type { RRset } from '../../../api/operations.ts'
import { Button } from '../../../parts/button.tsx'
import type { Conflict } from './save-rrset.ts'

/** Two have changed the same: both are shown, and what was typed is kept until somebody decides. */
export function ConflictNote({
  conflict: { present },
  mine,
  isNew,
  onMine,
  onTheirs,
}: {
  readonly conflict: Conflict
  readonly mine: RRset | undefined
  /** What was typed was to be a new one. */
  readonly isNew: boolean
  readonly onMine: () => void
  readonly onTheirs: () => void
}) {
  return (
    <section class="note warn" role="alert" aria-label="Conflict">
      <p>
        <strong>
          {isNew ? 'There are such records already.' : 'Somebody changed this since you opened it.'}
        </strong>{' '}
        Nothing was saved, and what you typed is still here.
      </p>
      <div class="columns">
        <div>
          <h3>In the zone now</h3>
          <Lines rrset={present} none="It was deleted." />
        </div>
        <div>
          <h3>Yours</h3>
          <Lines rrset={mine} none="Deleted." />
        </div>
      </div>
      <div class="actions">
        <Button onClick={onMine}>Keep mine, and look at the change again</Button>
        {present !== undefined && <Button onClick={onTheirs}>Take what is in the zone</Button>}
      </div>
    </section>
  )
}

function Lines({ rrset, none }: { readonly rrset: RRset | undefined; readonly none: string }) {
  if (rrset === undefined) return <p>{none}</p>
  return (
    <ul class="plain">
      {rrset.values.map((value) => (
        <li key={value}>
          <code>
            {rrset.ttl} {rrset.type} {value}
          </code>
        </li>
      ))}
    </ul>
  )
}
