import { useState } from 'preact/hooks'
import type { TransferSettings } from '../../api/operations.ts'
import { Button } from '../../parts/button.tsx'
import { SelectField, TextArea, TextField } from '../../parts/field.tsx'
import { Form, ProblemNote, useSubmit } from '../../parts/form.tsx'
import { toast } from '../../parts/toast.tsx'
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
  const [allow, setAllow] = useState(transfers.allowTransfer.join('\n'))
  const [notify, setNotify] = useState(transfers.notify.join('\n'))
  const [mode, setMode] = useState(transfers.notifyMode)
  const [catalog, setCatalog] = useState(transfers.catalog)
  const [group, setGroup] = useState(transfers.catalogGroup)
  const { busy, problem, submit } = useSubmit(async () => {
    const changes = changesOf(transfers, {
      allowTransfer: linesOf(allow),
      notify: linesOf(notify),
      notifyMode: mode,
      catalog: catalog.trim(),
      catalogGroup: group,
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
        value={allow}
        onInput={setAllow}
        rows={3}
        placeholder="192.0.2.53"
        hint="One a line: an address range, a key, or KEY+ip:RANGE."
      />
      <SelectField label="Who is notified of changes" value={mode} choices={MODES} onInput={setMode} />
      <TextArea
        label="Servers to notify"
        value={notify}
        onInput={setNotify}
        rows={3}
        placeholder="192.0.2.53:53"
        hint="One a line: HOST, HOST:PORT, or KEY+HOST."
      />
      <div class="row">
        <TextField
          label="Catalog zone"
          mono
          disabled={catalogDisabled}
          value={catalog}
          onInput={setCatalog}
          hint="all, none, or a name."
        />
        <TextField label="Group in catalogs" disabled={catalogDisabled} value={group} onInput={setGroup} />
      </div>
      <ProblemNote problem={problem} />
      <Button kind="primary" type="submit" busy={busy}>
        Save
      </Button>
    </Form>
  )
}

function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
}
