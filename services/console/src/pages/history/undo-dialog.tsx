import { useState } from 'preact/hooks'
import { type Asked, call } from '../../api/client.ts'
import type { Conflict, NamedEvent, UndoneZone } from '../../api/operations.ts'
import { useResource } from '../../api/use-resource.ts'
import { Button } from '../../parts/button.tsx'
import { counted } from '../../parts/counted.ts'
import { Dialog } from '../../parts/dialog.tsx'
import { SelectField } from '../../parts/field.tsx'
import { Form, FormActions, useSubmit } from '../../parts/form.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { Time } from '../../parts/time.tsx'
import { toast } from '../../parts/toast.tsx'
import { pathTo } from '../../routing/match.ts'
import { Diff } from './diff.tsx'

type Body = NonNullable<Asked<'POST /v1/zones/{name}/undo'>['body']>
type Conflicts = 'skip' | 'force'

/** Shows what taking events back would change and what stands in its way, and does just that when it is wanted. */
export function UndoDialog({
  zone,
  which,
  onClose,
  onDone,
}: {
  readonly zone: string
  readonly which: Omit<Body, 'conflicts' | 'dryRun' | 'ifSeq'>
  readonly onClose: () => void
  readonly onDone?: () => void
}) {
  const [conflicts, setConflicts] = useState<Conflicts>('skip')
  const preview = useResource(`undo ${zone} ${JSON.stringify(which)} ${conflicts}`, (signal) =>
    call('POST /v1/zones/{name}/undo', {
      path: { name: zone },
      body: { ...which, conflicts, dryRun: true },
      signal,
    }),
  )
  const { busy, problem, submit } = useSubmit(async () => {
    // the times that were looked between: `2h` ago is another moment by now
    const { basedOn: ifSeq, since, until } = preview.value!
    const times = { ...(since === undefined ? {} : { since }), ...(until === undefined ? {} : { until }) }
    const undone = await call('POST /v1/zones/{name}/undo', {
      path: { name: zone },
      body: { ...which, ...times, conflicts, ifSeq },
    })
    const seq = String(undone.seq)
    toast(`Took back ${counted(undone.events.count, 'event')}`, {
      href: pathTo('/zones/:zone/history/:seq', { zone, seq }),
      label: `Event #${seq}`,
    })
    onDone?.()
    onClose()
  })
  return (
    <Dialog title={`Take back in ${zone}`} wide onClose={onClose}>
      <Form onSubmit={() => preview.value && submit()}>
        <SelectField
          label="Values that others changed since"
          value={conflicts}
          choices={[
            { value: 'skip', label: 'stay as they are' },
            { value: 'force', label: 'are taken back all the same' },
          ]}
          onInput={setConflicts}
        />
        <Loaded resource={preview}>{(undone) => <Preview zone={zone} undone={undone} />}</Loaded>
        <FormActions
          action="Take back"
          kind="danger"
          busy={busy}
          problem={problem}
          disabled={preview.value === undefined || preview.value.removed + preview.value.added === 0}
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

function Preview({ zone, undone }: { readonly zone: string; readonly undone: UndoneZone }) {
  const { events, removed, added, difference, conflicts, conflictCount, notes } = undone
  return (
    <>
      <p>
        {events.count === 1
          ? `Event #${events.first}`
          : `${events.count} events, #${events.first} to #${events.last}`}
        : {`${counted(removed, 'record')} would go and ${added} would come.`} What others did since is kept.
      </p>
      <Diff removed={difference.removed} added={difference.added} cut={difference.cut === true} />
      {conflictCount > 0 && (
        <section class="note warn" aria-label="Conflicts">
          <h3>{counted(conflictCount, 'conflict')}</h3>
          <ul>
            {conflicts.map((conflict) => (
              <li key={conflict.record + conflict.would}>
                <ConflictText zone={zone} conflict={conflict} />
              </li>
            ))}
          </ul>
        </section>
      )}
      {notes.map(({ name, message }) => (
        <p class="note" key={name + message}>
          {message}
        </p>
      ))}
    </>
  )
}

function ConflictText({ zone, conflict }: { readonly zone: string; readonly conflict: Conflict }) {
  const { record, message, undone, since, forced } = conflict
  return (
    <>
      <code>{record}</code>: {message}
      <br />
      <EventLink zone={zone} event={undone} />
      {since && (
        <>
          , then <EventLink zone={zone} event={since} />
        </>
      )}
      {forced && ': taken back all the same'}
    </>
  )
}

function EventLink({ zone, event }: { readonly zone: string; readonly event: NamedEvent }) {
  return (
    <>
      <a href={pathTo('/zones/:zone/history/:seq', { zone, seq: String(event.seq) })}>#{event.seq}</a> by{' '}
      {event.by}, <Time at={event.time} />
    </>
  )
}
