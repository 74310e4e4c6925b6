import { useState } from 'preact/hooks'
import { call } from '../../api/client.ts'
import { useResource } from '../../api/use-resource.ts'
import { Code } from '../../parts/code.tsx'
import { SelectField, TextField } from '../../parts/field.tsx'
import { type Signer, SNIPPETS, serverFrom } from './snippet-texts.ts'
import { useServer } from './use-server.ts'

const CHOICES = SNIPPETS.map(({ id, title }) => ({ value: id, label: title }))

/** Ready-made configuration for whoever signs with a key. */
export function Snippets({ signer }: { readonly signer: Signer }) {
  const [client, setClient] = useState('nsupdate')
  const server = useServer()
  const [zone, setZone] = useState<string>()
  const [host, setHost] = useState('host')
  const [reverse, setReverse] = useState('2.0.192.in-addr.arpa')
  const zones = useResource('a zone', () => call('GET /v1/zones', { query: { limit: 1 } }))
  const firstZone = (zones.value?.zones[0]?.name ?? 'example.com.').replace(/\.$/, '')
  const snippet = SNIPPETS.find(({ id }) => id === client) ?? SNIPPETS[0]!
  return (
    <section class="card" aria-label="Configuration of a client">
      <h3>Configuration of a client</h3>
      <div class="row">
        <SelectField label="Client" value={client} choices={CHOICES} onInput={setClient} />
        <TextField label="Server" mono {...server} hint="An edge, as the client reaches it." />
        <TextField label="Zone" mono value={zone ?? firstZone} onInput={setZone} />
        <TextField label="Name" mono value={host} onInput={setHost} />
        {client === 'kea' && <TextField label="Reverse zone" mono value={reverse} onInput={setReverse} />}
      </div>
      <p class="hint">{snippet.file}</p>
      <Code
        label={`configuration of ${snippet.title}`}
        text={snippet.text(signer, {
          ...serverFrom(server.value),
          zone: (zone ?? firstZone).replace(/\.$/, ''),
          host,
          reverse: reverse.replace(/\.$/, ''),
        })}
      />
    </section>
  )
}
