import type { RotatedKey } from '../../api/operations.ts'
import { Code } from '../../parts/code.tsx'
import { Snippets } from './snippets.tsx'

/** A secret that was just made. It is shown this once; the page forgets it when it is closed. */
export function NewSecret({
  made,
}: {
  readonly made: Pick<RotatedKey, 'name' | 'algorithm' | 'secret' | 'clause' | 'warnings'>
}) {
  return (
    <>
      <p class="note warn">
        The secret is shown now and never again. Copy it to the machine that is to sign, and nowhere else.
      </p>
      {made.warnings.map((warning) => (
        <p class="note" key={warning}>
          {warning}
        </p>
      ))}
      <Code label="key file" text={made.clause} />
      <Snippets signer={made} />
    </>
  )
}
