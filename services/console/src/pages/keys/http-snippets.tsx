import { useState } from 'preact/hooks'
import type { CreatedUpdateToken } from '../../api/operations.ts'
import { Code } from '../../parts/code.tsx'
import { SelectField, TextField } from '../../parts/field.tsx'
import { HTTP_SNIPPETS } from './http-snippet-texts.ts'
import { urlFor } from './snippet-texts.ts'
import { useServer } from './use-server.ts'

const CHOICES = HTTP_SNIPPETS.map(({ id, title }) => ({ value: id, label: title }))

/** Ready-made configuration for whoever updates its hosts over HTTP. */
export function HttpSnippets({ made: { name, token, hosts } }: { readonly made: CreatedUpdateToken }) {
  const [client, setClient] = useState('router')
  const url = useServer(urlFor)
  const [host, setHost] = useState((hosts[0] ?? '').replace(/\.$/, '').replace(/^\*/, 'host'))
  const snippet = HTTP_SNIPPETS.find(({ id }) => id === client) ?? HTTP_SNIPPETS[0]!
  return (
    <section class="card" aria-label="Configuration of a client">
      <h3>Configuration of a client</h3>
      <div class="row">
        <SelectField label="Client" value={client} choices={CHOICES} onInput={setClient} />
        <TextField
          label="URL"
          mono
          {...url}
          hint="Of an edge’s ZONELOG_HTTPS_UPDATE_LISTEN, or of the proxy before it, as the client reaches it."
        />
        <TextField label="Host" mono value={host} onInput={setHost} />
      </div>
      <p class="hint">{snippet.about}</p>
      <Code
        label={`configuration of ${snippet.title}`}
        text={snippet.text({
          url: url.value.trim().replace(/\/+$/, ''),
          user: name,
          token,
          host: host.trim(),
        })}
      />
    </section>
  )
}
