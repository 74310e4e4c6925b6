import { useState } from 'preact/hooks'
import { call } from '../../api/client.ts'
import type { ExplainedUpdate } from '../../api/operations.ts'
import { Badge } from '../../parts/badge.tsx'
import { Button } from '../../parts/button.tsx'
import { TextField } from '../../parts/field.tsx'
import { Form, ProblemNote, useSubmit } from '../../parts/form.tsx'
import { Section } from '../../parts/page.tsx'
import { type Asker, askersOf } from './askers.ts'

/** Asks the rules about each identity that they name. */
export function WhoCould({ zone, rules }: { readonly zone: string; readonly rules: readonly string[] }) {
  const [name, setName] = useState('')
  const [type, setType] = useState('A')
  const [found, setFound] = useState<{ asker: Asker; explained: ExplainedUpdate }[]>()
  const { busy, problem, submit } = useSubmit(async () => {
    const answers = askersOf(rules).map(async (asker) => {
      const { identity: _, ...who } = asker
      const body = { ...who, name: name.trim(), type: type.trim() }
      return {
        asker,
        explained: await call('POST /v1/zones/{name}/rules/explain', { path: { name: zone }, body }),
      }
    })
    setFound(await Promise.all(answers))
  })
  return (
    <Section title="Who could change this name?">
      <Form onSubmit={submit}>
        <div class="row">
          <TextField label="Name" mono required placeholder="host" value={name} onInput={setName} />
          <TextField label="Type" mono required value={type} onInput={setType} />
        </div>
        <ProblemNote problem={problem} />
        <Button type="submit" busy={busy}>
          Who?
        </Button>
      </Form>
      {found && (
        <ul class="lines" role="status">
          {found.length === 0 && <li>Nobody: there are no rules.</li>}
          {found.map(({ asker, explained }) => (
            <li key={asker.identity}>
              <Badge tone={explained.allowed ? 'good' : 'quiet'}>
                {explained.allowed ? 'may' : 'may not'}
              </Badge>{' '}
              <code>{asker.identity}</code>{' '}
              <span class="quiet">{explained.targets[0]?.sentence ?? explained.verdict.detail}</span>
            </li>
          ))}
        </ul>
      )}
    </Section>
  )
}
