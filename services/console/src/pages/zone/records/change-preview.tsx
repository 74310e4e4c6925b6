import type { ChangedRecords } from '../../../api/operations.ts'
import { Diff } from '../../../parts/diff.tsx'
import type { Check } from './use-check.ts'

/** What would change, as the API says. */
export function ChangePreview({
  check: { checking, value, problem },
}: {
  readonly check: Check<ChangedRecords>
}) {
  return (
    <section class="preview" aria-label="Preview" aria-live="polite" aria-busy={checking}>
      {value !== undefined && problem === undefined && <Diff removed={value.removed} added={value.added} />}
      {value === undefined && checking && <p class="quiet">Checking …</p>}
    </section>
  )
}
