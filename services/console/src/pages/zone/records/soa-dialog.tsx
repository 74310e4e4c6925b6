import { useState } from 'preact/hooks'
import type { RRset } from '../../../api/operations.ts'
import { isOfWhatWasTyped } from '../../../api/problem.ts'
import { changeRecords } from '../../../api/records.ts'
import { Dialog } from '../../../parts/dialog.tsx'
import { Diff } from '../../../parts/diff.tsx'
import { TextField } from '../../../parts/field.tsx'
import { Form, FormActions, useSubmit } from '../../../parts/form.tsx'
import { toast } from '../../../parts/toast.tsx'
import { ConflictNote } from './conflict-note.tsx'
import { isSame } from './record-draft.ts'
import { type Conflict, saveRRset } from './save-rrset.ts'
import {
  SOA_TIMERS,
  type SoaDraft,
  soaAdvice,
  soaDraftOf,
  soaFaults,
  soaOf,
  withSoaSerial,
} from './soa-draft.ts'
import { useCheck } from './use-check.ts'

const ABOUT: Readonly<Record<(typeof SOA_TIMERS)[number], readonly [label: string, hint: string]>> = {
  refresh: ['Refresh', 'Secondaries ask for a newer serial so often, in seconds.'],
  retry: ['Retry', 'And again after this, where they got no answer.'],
  expire: ['Expire', 'Without an answer for so long they stop serving the zone.'],
  minimum: ['Negative TTL', 'Others may remember for so long that a name is not there (RFC 2308).'],
  ttl: ['TTL', 'Of the SOA record itself.'],
}

/** Changes what a zone says of itself. Its serial is the policy's, which moves it with this change as with any other. */
export function SoaDialog({
  zone,
  original,
  onSaved,
  onClose,
}: {
  readonly zone: string
  readonly original: RRset
  readonly onSaved: () => void
  readonly onClose: () => void
}) {
  const [draft, setDraft] = useState<SoaDraft>(() => soaDraftOf(original))
  const [conflict, setConflict] = useState<Conflict>()
  const [seen, setSeen] = useState(original)
  const faults = soaFaults(draft)
  const wanted = Object.keys(faults).length > 0 ? undefined : soaOf(draft, zone, seen)
  const isChanged = wanted !== undefined && !isSame(wanted, seen)
  const check = useCheck(isChanged ? JSON.stringify(wanted) : undefined, (signal) =>
    changeRecords(zone, { name: zone, type: 'SOA', after: wanted }, { dryRun: true, signal }),
  )
  const { busy, problem, submit } = useSubmit(async () => {
    if (wanted === undefined) return
    if (!isChanged) return onClose()
    const saved = await saveRRset(zone, seen, wanted)
    if (saved.kind === 'conflict') return setConflict(saved)
    toast(`Saved the SOA: the zone is at serial ${saved.serial}.`)
    onSaved()
    onClose()
  })
  const field = (name: keyof SoaDraft) => ({
    mono: true,
    value: draft[name],
    error: faults[name],
    onInput: (value: string) => {
      setDraft({ ...draft, [name]: value })
    },
  })
  const settle = (isTheirs: boolean) => {
    const present = conflict?.present ?? seen
    setSeen(present)
    setConflict(undefined)
    if (isTheirs) setDraft(soaDraftOf(present))
  }
  return (
    <Dialog title={`SOA of ${zone}`} onClose={onClose} wide>
      <Form onSubmit={submit}>
        <div class="row">
          <TextField
            label="Primary server (MNAME)"
            hint={`A name; without a final dot it is below ${zone}`}
            {...field('mname')}
          />
          <TextField
            label="Mail of who is responsible (RNAME)"
            hint="hostmaster@example.com, or as it stands in a zone file."
            {...field('rname')}
          />
        </div>
        <div class="row">
          {SOA_TIMERS.map((timer) => (
            <TextField
              key={timer}
              label={ABOUT[timer][0]}
              hint={ABOUT[timer][1]}
              inputMode="numeric"
              {...field(timer)}
            />
          ))}
        </div>
        <p class="quiet">
          The serial is the zone’s own: its policy, which the settings name, moves it on with this change as
          with any other.
        </p>
        {soaAdvice(draft).map((advice) => (
          <p class="note" key={advice}>
            {advice}
          </p>
        ))}
        {conflict === undefined ? (
          <section class="preview" aria-label="Preview" aria-live="polite" aria-busy={check.checking}>
            {check.value !== undefined &&
              check.problem === undefined &&
              wanted !== undefined &&
              isChanged && <Diff removed={[lineOf(seen)]} added={[lineOf(wanted, check.value.serial)]} />}
          </section>
        ) : (
          <ConflictNote
            conflict={conflict}
            mine={wanted}
            isNew={false}
            onMine={() => settle(false)}
            onTheirs={() => settle(true)}
          />
        )}
        <FormActions
          action="Save"
          busy={busy}
          problem={problem ?? check.problem}
          disabled={conflict !== undefined || wanted === undefined || isOfWhatWasTyped(check.problem)}
          onCancel={onClose}
        />
      </Form>
    </Dialog>
  )
}

function lineOf({ name, ttl, values }: RRset, serial?: number): string {
  const value = values[0] ?? ''
  return `${name} ${ttl} IN SOA ${serial === undefined ? value : withSoaSerial(value, serial)}`
}
