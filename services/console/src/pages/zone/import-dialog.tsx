import { useState } from 'preact/hooks'
import { addressOf } from '../../api/client.ts'
import type { ImportedZone } from '../../api/operations.ts'
import { upload } from '../../api/upload.ts'
import { Dialog } from '../../parts/dialog.tsx'
import { Field } from '../../parts/field.tsx'
import { Form, FormActions } from '../../parts/form.tsx'
import { startTask } from '../../parts/tasks.tsx'

/** Replaces a zone's contents by a zone file of any length; goes on while people do something else. */
export function ImportDialog({
  zone,
  onDone,
  onClose,
}: {
  readonly zone: string
  readonly onDone: () => void
  readonly onClose: () => void
}) {
  const [file, setFile] = useState<File>()
  const submit = () => {
    if (file === undefined) return
    void startTask(`Import of ${file.name} into ${zone}`, (report) => importFile(zone, file, report)).then(
      onDone,
    )
    onClose()
  }
  return (
    <Dialog title={`Import into ${zone}`} onClose={onClose}>
      <Form onSubmit={submit}>
        <p>
          The file takes the place of all that the zone holds, as one change: what is the same stays, and
          restoring the zone takes it back. Nothing changes when the file has a fault; then all of them are
          shown, with their lines.
        </p>
        <Field label="Zone file" hint="RFC 1035, of any length.">
          {(told) => (
            <input
              {...told}
              type="file"
              required
              onInput={(event) => setFile(event.currentTarget.files?.[0])}
            />
          )}
        </Field>
        <FormActions action="Import" busy={false} disabled={file === undefined} onCancel={onClose} />
      </Form>
    </Dialog>
  )
}

async function importFile(
  zone: string,
  file: File,
  report: (share: number | undefined) => void,
): Promise<string> {
  const address = addressOf('PUT /v1/zones/{name}/contents', { path: { name: zone }, body: file })
  const { added, removed, serialBefore, serial, warnings } = await upload<ImportedZone>(address, file, report)
  const counts = `${added.toLocaleString()} records added, ${removed.toLocaleString()} removed`
  const serials =
    serial === serialBefore ? `serial ${serial} as before` : `serial ${serialBefore} → ${serial}`
  return [`${counts}, ${serials}.`, ...warnings].join(' ')
}
