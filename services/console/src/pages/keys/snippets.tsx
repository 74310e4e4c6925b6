import { useState } from 'preact/hooks'
import { call } from '../../api/client.ts'
import { useResource } from '../../api/use-resource.ts'
import { Code } from '../../parts/code.tsx'
import { SelectField, TextField } from '../../parts/field.tsx'
import { type Signer, SNIPPETS } from './snippet-texts.ts'

const CHOICES = SNIPPETS.map(({ id, title }) => ({ value: id, label: title }))

/** Ready-made configuration for whoever signs with a key. */
export function Snippets({ signer }: { readonly signer: Signer }) {
  const [client, setClient] = useState('nsupdate')
  const [server, setServer] = useState<string>()
  const [zone, setZone] = useState<string>()
  const [host, setHost] = useState('host')
  const status = useResource('status', () => call('GET /v1/status', {}))
  const zones = useResource('a zone', () => call('GET /v1/zones', { query: { limit: 1 } }))
  const firstZone = (zones.value?.zones[0]?.name ?? 'example.com.').replace(/\.$/, '')
  const typedServer = server ?? status.value?.edges?.[0]?.listens.split(',')[0] ?? '192.0.2.53:53'
  const snippet = SNIPPETS.find(({ id }) => id === client) ?? SNIPPETS[0]!
  return (
    <section class="card" aria-label="Configuration of a client">
      <h3>Configuration of a client</h3>
      <div class="row">
        <SelectField label="Client" value={client} choices={CHOICES} onInput={setClient} />
        <TextField
          label="Server"
          mono
          value={typedServer}
          onInput={setServer}
          hint="An edge, as the client reaches it."
        />
        <TextField label="Zone" mono value={zone ?? firstZone} onInput={setZone} />
        <TextField label="Name" mono value={host} onInput={setHost} />
      </div>
      <p class="hint">{snippet.file}</p>
      <Code
        label={`configuration of ${snippet.title}`}
        text={snippet.text(signer, {
          ...serverFrom(typedServer),
          zone: (zone ?? firstZone).replace(/\.$/, ''),
          host,
        })}
      />
    </section>
  )
}

/** `192.0.2.53:5300`, `[2001:db8::53]:53`, or a host alone. */
function serverFrom(text: string): { server: string; port: number } {
  const found = /^\[?(.*?)\]?(?::(\d+))?$/.exec(/^[^[]*:[^:]*:/.test(text) ? `[${text}]` : text)
  return { server: found?.[1] ?? text, port: Number(found?.[2] ?? 53) }
}
