import type { TransferSettings } from '../../api/operations.ts'
import { Button } from '../../parts/button.tsx'
import { SelectField, TextArea, TextField } from '../../parts/field.tsx'
import { Form, ProblemNote, useSubmit } from '../../parts/form.tsx'
import { toast } from '../../parts/toast.tsx'
import { useDraft } from '../../parts/use-draft.ts'
import { changesOf } from './changes-of.ts'

const MODES = [
  { value: 'yes', label: 'the hosts of its NS records, and those below' },
  { value: 'explicit', label: 'only those below' },
  { value: 'no', label: 'nobody' },
] as const

export function TransfersForm({
  transfers,
  disabled,
  catalogDisabled,
  save,
}: {
  readonly transfers: TransferSettings
  readonly disabled: boolean
  readonly catalogDisabled: boolean
  readonly save: (changes: Partial<TransferSettings>) => Promise<unknown>
}) {
  const [typed, set] = useDraft(textsOf(transfers))
  const { busy, problem, submit } = useSubmit(async () => {
    const changes = changesOf(transfers, {
      allowTransfer: linesOf(typed.allow),
      notify: linesOf(typed.notify),
      notifyMode: typed.mode,
      catalog: typed.catalog.trim(),
      catalogGroup: typed.group,
    })
    if (changes !== undefined) await save(changes)
    toast('Transfers saved')
  })
  if (disabled)
    return (
      <p>
        May transfer it: {transfers.allowTransfer.join(', ') || 'nobody'}. Notified:{' '}
        {transfers.notify.join(', ') || 'none named'}.
      </p>
    )
  return (
    <Form onSubmit={submit} label="Transfers">
      <TextArea
        label="Who may transfer the zone"
        value={typed.allow}
        onInput={set('allow')}
        rows={3}
        placeholder="192.0.2.53"
        hint="One a line: an address range, a key, or KEY+ip:RANGE."
      />
      <SelectField
        label="Who is notified of changes"
        value={typed.mode}
        choices={MODES}
        onInput={set('mode')}
      />
      <TextArea
        label="Servers to notify"
        value={typed.notify}
        onInput={set('notify')}
        rows={3}
        placeholder="192.0.2.53:53"
        hint="One a line: HOST, HOST:PORT, or KEY+HOST."
      />
      <div class="row">
        <TextField
          label="Catalog zone"
          mono
          disabled={catalogDisabled}
          value={typed.catalog}
          onInput={set('catalog')}
          hint="all, none, or a name."
        />
        <TextField
          label="Group in catalogs"
          disabled={catalogDisabled}
          value={typed.group}
          onInput={set('group')}
        />
      </div>
      <ProblemNote problem={problem} />
      <Button kind="primary" type="submit" busy={busy}>
        Save
      </Button>
    </Form>
  )
}

function textsOf({ allowTransfer, notify, notifyMode, catalog, catalogGroup }: TransferSettings) {
  return {
    allow: allowTransfer.join('\n'),
    notify: notify.join('\n'),
    mode: notifyMode,
    catalog,
    group: catalogGroup,
  }
}

function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
}
