import { useState } from 'preact/hooks'
import { type Asked, call } from '../../api/client.ts'
import type { RestoredZone } from '../../api/operations.ts'
import { useResource } from '../../api/use-resource.ts'
import { Button } from '../../parts/button.tsx'
import { counted } from '../../parts/counted.ts'
import { Dialog } from '../../parts/dialog.tsx'
import { TextField } from '../../parts/field.tsx'
import { Form, FormActions, useSubmit } from '../../parts/form.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { Time } from '../../parts/time.tsx'
import { toast } from '../../parts/toast.tsx'
import { pathTo } from '../../routing/match.ts'
import { Diff } from './diff.tsx'

type Body = NonNullable<Asked<'POST /v1/zones/{name}/restore'>['body']>

/** Puts a zone, or a part of it, back as it was; what that changes is shown first, and nothing else is done. */
export function RestoreDialog({
  zone,
  moment,
  onClose,
}: {
  readonly zone: string
  readonly moment: Pick<Body, 'event' | 'time' | 'serial'>
  readonly onClose: () => void
}) {
  const [typed, setTyped] = useState({ below: '', types: '' })
  const [part, setPart] = useState<Pick<Body, 'below' | 'types'>>({})
  const preview = useResource(`restore ${zone} ${JSON.stringify([moment, part])}`, (signal) =>
    call('POST /v1/zones/{name}/restore', {
      path: { name: zone },
      body: { ...moment, ...part, dryRun: true },
      signal,
    }),
  )
  const isPreviewed = JSON.stringify(partOf(typed)) === JSON.stringify(part)
  const { busy, problem, submit } = useSubmit(async () => {
    const restored = await call('POST /v1/zones/{name}/restore', {
      path: { name: zone },
      body: { ...moment, ...part, ifSeq: preview.value!.basedOn },
    })
    const seq = String(restored.seq)
    toast(`Put ${zone} back`, {
      href: pathTo('/zones/:zone/history/:seq', { zone, seq }),
      label: `Event #${seq}`,
    })
    onClose()
  })
  return (
    <Dialog title={`Put ${zone} back`} wide onClose={onClose}>
      <Form onSubmit={() => (isPreviewed ? preview.value && submit() : setPart(partOf(typed)))}>
        <div class="row">
          <TextField
            label="Only this name and what is below it"
            mono
            placeholder="all of the zone"
            value={typed.below}
            onInput={(below) => setTyped({ ...typed, below })}
          />
          <TextField
            label="Only these types"
            mono
            placeholder="all types"
            value={typed.types}
            onInput={(types) => setTyped({ ...typed, types })}
          />
        </div>
        <Loaded resource={preview}>
          {({ to, removed, added, difference, note }) => (
            <>
              <p>
                As it was after event #{to.seq}, serial {to.serial}, <Time at={to.time} />:{' '}
                {`${counted(removed, 'record')} would go and ${added} would come.`} The zone gets a new
                serial, and the history keeps all that was in between.
              </p>
              {note && <p class="note">{note}</p>}
              <Diff removed={difference.removed} added={difference.added} cut={difference.cut === true} />
            </>
          )}
        </Loaded>
        <FormActions
          {...(isPreviewed
            ? { action: 'Put back', kind: 'danger', disabled: !wouldChange(preview.value) }
            : { action: 'Show what that changes' })}
          busy={busy}
          problem={problem}
          onCancel={onClose}
        >
          {problem?.code === 'changed-meanwhile' && (
            <Button onClick={preview.reload}>Look again at what would change</Button>
          )}
        </FormActions>
      </Form>
    </Dialog>
  )
}

function wouldChange(preview: RestoredZone | undefined): boolean {
  return preview !== undefined && preview.removed + preview.added > 0
}

function partOf({ below, types }: { below: string; types: string }): Pick<Body, 'below' | 'types'> {
  const wanted = types.split(/[\s,]+/).filter((type) => type !== '')
  return {
    ...(below.trim() === '' ? {} : { below: below.trim() }),
    ...(wanted.length === 0 ? {} : { types: wanted }),
  }
}
