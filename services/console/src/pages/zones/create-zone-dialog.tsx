import { useState } from 'preact/hooks'
import { call } from '../../api/client.ts'
import { Dialog } from '../../parts/dialog.tsx'
import { TextArea, TextField } from '../../parts/field.tsx'
import { Form, FormActions, useSubmit } from '../../parts/form.tsx'
import { toast } from '../../parts/toast.tsx'
import { navigate } from '../../routing/location.ts'
import { pathTo } from '../../routing/match.ts'

export function CreateZoneDialog({ onClose }: { readonly onClose: () => void }) {
  const [name, setName] = useState('')
  const [allowed, setAllowed] = useState('')
  const [file, setFile] = useState('')
  const { busy, problem, submit } = useSubmit(async () => {
    const allowUpdate = allowed.split(/[\s,]+/).filter((each) => each !== '')
    const created = await call('POST /v1/zones', {
      body: { name: name.trim(), allowUpdate, ...(file.trim() === '' ? {} : { file }) },
    })
    toast(`Created ${created.name}`)
    onClose()
    navigate(pathTo('/zones/:zone', { zone: created.name }))
  })
  const aboutName = problem?.code === 'bad-name' || problem?.code === 'zone-exists'
  return (
    <Dialog title="Create a zone" onClose={onClose}>
      <Form onSubmit={submit}>
        <TextField
          label="Name"
          mono
          required
          placeholder="home.example.net"
          value={name}
          onInput={setName}
          error={aboutName ? problem.detail : undefined}
        />
        <TextField
          label="Who may update it"
          mono
          placeholder="router 192.0.2.0/24"
          value={allowed}
          onInput={setAllowed}
          hint="TSIG keys and address ranges, separated by spaces; more exact rules can follow later."
        />
        <TextArea
          label="Zone file"
          value={file}
          onInput={setFile}
          rows={6}
          placeholder="www 300 IN A 192.0.2.1"
          hint="RFC 1035; left empty, the zone begins with an SOA and an NS record. A large file is imported later."
        />
        <FormActions
          action="Create"
          busy={busy}
          problem={aboutName ? undefined : problem}
          onCancel={onClose}
        />
      </Form>
    </Dialog>
  )
}
