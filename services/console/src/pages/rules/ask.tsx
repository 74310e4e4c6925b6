import { useState } from 'preact/hooks'
import { call } from '../../api/client.ts'
import type { ExplainedUpdate } from '../../api/operations.ts'
import { Badge } from '../../parts/badge.tsx'
import { Button } from '../../parts/button.tsx'
import { TextField } from '../../parts/field.tsx'
import { Form, ProblemNote, useSubmit } from '../../parts/form.tsx'
import { Section } from '../../parts/page.tsx'
import { Targets } from './targets.tsx'
import { WantedRules } from './wanted-rules.tsx'

/** What the rules say of an update that nobody has sent yet. */
export function Ask({ zone }: { readonly zone: string }) {
  const [asked, setAsked] = useState({ key: '', from: '192.0.2.1', name: '', type: 'A' })
  const [found, setFound] = useState<ExplainedUpdate>()
  const { busy, problem, submit } = useSubmit(async () => {
    const { key, ...rest } = asked
    setFound(
      await call('POST /v1/zones/{name}/rules/explain', {
        path: { name: zone },
        body: key.trim() === '' ? rest : { ...rest, key: key.trim() },
      }),
    )
  })
  const field = (name: keyof typeof asked) => ({
    mono: true,
    value: asked[name],
    onInput: (value: string) => setAsked({ ...asked, [name]: value }),
  })
  return (
    <Section title="Would this be allowed?">
      <Form onSubmit={submit}>
        <div class="row pairs">
          <TextField label="Key" placeholder="unsigned" {...field('key')} />
          <TextField label="From address" required {...field('from')} />
          <TextField label="Name" required placeholder="host" {...field('name')} />
          <TextField label="Type" {...field('type')} />
        </div>
        <ProblemNote problem={problem} />
        <Button type="submit" busy={busy}>
          Ask
        </Button>
      </Form>
      {found && (
        <div role="status">
          <p>
            <Badge tone={found.allowed ? 'good' : 'bad'}>{found.allowed ? 'allowed' : 'refused'}</Badge>{' '}
            {found.verdict.detail || found.verdict.means}
          </p>
          <Targets targets={found.targets} hidden={found.hidden} />
          <WantedRules zone={zone} wanted={found.wanted} />
        </div>
      )}
    </Section>
  )
}
