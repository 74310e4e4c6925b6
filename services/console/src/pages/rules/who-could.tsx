import { useState } from 'preact/hooks'
import { call } from '../../api/client.ts'
import type { WhoCould as Answer, AskerVerdict } from '../../api/operations.ts'
import { Badge } from '../../parts/badge.tsx'
import { Button } from '../../parts/button.tsx'
import { TextField } from '../../parts/field.tsx'
import { Form, ProblemNote, useSubmit } from '../../parts/form.tsx'
import { Section } from '../../parts/page.tsx'

const PAGE = 100

/** What was asked, and those that were told of so far. */
interface Found {
  readonly asked: { readonly name: string; readonly type: string }
  readonly askers: readonly AskerVerdict[]
  readonly rest: Pick<Answer, 'next' | 'askerCount'>
}

/** What the saved rules say of everybody whom they mean. */
export function WhoCould({ zone }: { readonly zone: string }) {
  const [asked, setAsked] = useState({ name: '', type: 'A' })
  const [found, setFound] = useState<Found>()
  const read = async (what: Found['asked'], before: readonly AskerVerdict[], skip: number) => {
    const body = { name: what.name.trim(), type: what.type.trim(), limit: PAGE, skip }
    const { askers, ...rest } = await call('POST /v1/zones/{name}/rules/who-could', {
      path: { name: zone },
      body,
    })
    setFound({ asked: what, askers: [...before, ...askers], rest })
  }
  const first = useSubmit(() => read(asked, [], 0))
  const more = useSubmit(async () => {
    if (found?.rest.next !== undefined) await read(found.asked, found.askers, found.rest.next)
  })
  return (
    <Section title="Who could change this name?">
      <Form onSubmit={first.submit}>
        <div class="row">
          <TextField
            label="Name"
            mono
            required
            placeholder="host"
            value={asked.name}
            onInput={(name) => setAsked({ ...asked, name })}
          />
          <TextField
            label="Type"
            mono
            required
            value={asked.type}
            onInput={(type) => setAsked({ ...asked, type })}
          />
        </div>
        <ProblemNote problem={first.problem} />
        <Button type="submit" busy={first.busy}>
          Who?
        </Button>
      </Form>
      {found && <Askers {...found} />}
      <ProblemNote problem={more.problem} />
      {found?.rest.next !== undefined && (
        <p>
          <Button busy={more.busy} onClick={() => void more.submit()}>
            Show more
          </Button>
        </p>
      )}
    </Section>
  )
}

function Askers({ asked, askers, rest: { askerCount } }: Found) {
  const able = askers.filter(({ allowed }) => allowed).length
  return (
    <>
      <p role="status">
        {askerCount === 0
          ? 'Nobody: there are no rules.'
          : `${asked.name} ${asked.type}: ${able} of ${askers.length} whom the rules name may change it${
              askers.length < askerCount ? `; ${askerCount - askers.length} more were not looked at yet` : ''
            }.`}
      </p>
      <ul class="lines" aria-label="Who could">
        {askers.map(({ identity, allowed, sentence, exists }) => (
          <li key={`${identity} ${sentence}`}>
            <Badge tone={allowed ? 'good' : 'quiet'}>{allowed ? 'may' : 'may not'}</Badge>{' '}
            <code>{identity}</code> <span class="quiet">{sentence}</span>
            {exists === false && <span class="quiet">; there is no such key</span>}
          </li>
        ))}
      </ul>
    </>
  )
}
