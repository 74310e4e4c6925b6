import { useRef, useState } from 'preact/hooks'
import type { RRset } from '../../../api/operations.ts'
import { isOfWhatWasTyped, type Problem } from '../../../api/problem.ts'
import { changeRecords } from '../../../api/records.ts'
import { Button } from '../../../parts/button.tsx'
import { Dialog } from '../../../parts/dialog.tsx'
import { TextArea, TextField } from '../../../parts/field.tsx'
import { Form, FormActions, useSubmit } from '../../../parts/form.tsx'
import { toast } from '../../../parts/toast.tsx'
import { ChangePreview } from './change-preview.tsx'
import { ConflictNote } from './conflict-note.tsx'
import { draftOf, faultsOf, type RecordDraft, rrsetOf } from './record-draft.ts'
import { COMMON_TYPES } from './record-types.ts'
import { type Conflict, saveRRset } from './save-rrset.ts'
import { useCheck } from './use-check.ts'

/** Adds an RRset, or changes one: checked while it is typed, shown as a change before it is saved, and never written over another's work. */
export function RecordDialog({
  zone,
  original,
  onSaved,
  onDelete,
  onClose,
}: {
  readonly zone: string
  /** Undefined for a new one. */
  readonly original: RRset | undefined
  readonly onSaved: (name: string) => void
  readonly onDelete: (rrset: RRset) => void
  readonly onClose: () => void
}) {
  const [draft, setDraft] = useState<RecordDraft>(() => draftOf(original, zone))
  const [touched, setTouched] = useState<ReadonlySet<string>>(new Set())
  const [conflict, setConflict] = useState<Conflict>()
  const [settled, setSettled] = useState(0)
  // what the one who types has seen of the zone
  const seen = useRef<RRset | undefined>(original)
  const faults = faultsOf(draft)
  const wanted = Object.values(faults).some((fault) => fault !== undefined) ? undefined : rrsetOf(draft, zone)
  // what would change is another thing once others have changed it
  const check = useCheck(wanted && `${settled} ${JSON.stringify(wanted)}`, (signal) =>
    changeRecords(zone, { name: wanted!.name, type: wanted!.type, after: wanted }, { dryRun: true, signal }),
  )
  const { busy, problem, submit } = useSubmit(async () => {
    if (wanted === undefined) return setTouched(new Set(Object.keys(faults)))
    const saved = await saveRRset(zone, seen.current, wanted)
    if (saved.kind === 'conflict') return setConflict(saved)
    toast(`Saved ${draft.name} ${draft.type}: the zone is at serial ${saved.serial}.`)
    onSaved(wanted.name)
    onClose()
  })
  const set = (name: keyof RecordDraft) => (value: string) => {
    setTouched(new Set([...touched, name]))
    setDraft({ ...draft, [name]: value })
    // what was seen of another name says nothing of this one
    if (name === 'name' || name === 'type') {
      seen.current = original
      setConflict(undefined)
    }
  }
  const faultOf = (name: keyof RecordDraft) => (touched.has(name) ? faults[name] : undefined)
  const settle = (values: RRset | undefined) => {
    seen.current = conflict?.present
    setConflict(undefined)
    setSettled(settled + 1)
    if (values !== undefined) setDraft(draftOf(values, zone))
  }
  const title = original === undefined ? `New record in ${zone}` : `${draft.name} ${draft.type}`
  return (
    <Dialog title={title} onClose={onClose} wide>
      <Form onSubmit={() => void submit()}>
        <div class="row">
          <TextField
            label="Name"
            mono
            value={draft.name}
            onInput={set('name')}
            disabled={original !== undefined}
            placeholder="www"
            error={faultOf('name')}
            hint={`Below ${zone}; @ is the zone itself.`}
          />
          <TextField
            label="Type"
            mono
            list="record-types"
            value={draft.type}
            onInput={(value) => set('type')(value.toUpperCase())}
            disabled={original !== undefined}
            error={faultOf('type')}
          />
          <TextField
            label="TTL"
            mono
            inputMode="numeric"
            value={draft.ttl}
            onInput={set('ttl')}
            error={faultOf('ttl')}
            hint="Seconds that others may remember it."
          />
        </div>
        <datalist id="record-types">
          {Object.keys(COMMON_TYPES).map((type) => (
            <option key={type} value={type} />
          ))}
        </datalist>
        <TextArea
          label="Values"
          value={draft.values}
          onInput={set('values')}
          rows={5}
          placeholder={COMMON_TYPES[draft.type] ?? ''}
          error={faultOf('values') ?? (check.problem && textOf(check.problem))}
          hint="One a line, as in a zone file."
        />
        {conflict === undefined ? (
          <ChangePreview check={check} />
        ) : (
          <ConflictNote
            conflict={conflict}
            mine={wanted}
            isNew={original === undefined}
            onMine={() => settle(undefined)}
            onTheirs={() => settle(conflict.present)}
          />
        )}
        <FormActions
          action="Save"
          busy={busy}
          problem={problem?.detail === check.problem?.detail ? undefined : problem}
          disabled={conflict !== undefined || isOfWhatWasTyped(check.problem)}
          onCancel={onClose}
        >
          {original !== undefined && (
            <Button kind="danger" onClick={() => onDelete(original)}>
              Delete …
            </Button>
          )}
        </FormActions>
      </Form>
    </Dialog>
  )
}

/** The API names each fault of what was typed. */
function textOf({ detail, errors = [] }: Problem): string {
  return errors.length === 0 ? detail : errors.map(({ message }) => message).join(' ')
}
