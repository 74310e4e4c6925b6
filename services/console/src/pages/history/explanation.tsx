import { useState } from 'preact/hooks'
import { call } from '../../api/client.ts'
import type { ExplainedEvent, Verdict } from '../../api/operations.ts'
import { useResource } from '../../api/use-resource.ts'
import { Badge, OutcomeBadge } from '../../parts/badge.tsx'
import { Button } from '../../parts/button.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { Section } from '../../parts/page.tsx'
import { Time } from '../../parts/time.tsx'
import { pathTo } from '../../routing/match.ts'
import { Targets } from '../rules/targets.tsx'
import { WantedRules } from '../rules/wanted-rules.tsx'

/** Why an update got its outcome, rule by rule, and what would become of it now. */
export function Explanation({
  zone,
  seq,
  isOpen,
}: {
  readonly zone: string
  readonly seq: number
  readonly isOpen: boolean
}) {
  const [isShown, setShown] = useState(isOpen)
  if (!isShown)
    return (
      <div class="actions">
        <Button onClick={() => setShown(true)}>Why was that?</Button>
      </div>
    )
  return <Shown zone={zone} seq={seq} />
}

function Shown({ zone, seq }: { readonly zone: string; readonly seq: number }) {
  const explained = useResource(`why ${zone} ${seq}`, (signal) =>
    call('GET /v1/zones/{name}/events/{seq}/explanation', { path: { name: zone, seq }, signal }),
  )
  return (
    <Section title={`Why`}>
      <Loaded resource={explained}>{(found) => <Found zone={zone} found={found} />}</Loaded>
    </Section>
  )
}

function Found({ zone, found }: { readonly zone: string; readonly found: ExplainedEvent }) {
  const { recorded, now, rulesChanged, notes, targets, hidden, wanted } = found
  return (
    <>
      <Said title="Then" verdict={recorded} />
      {now.outcome !== recorded.outcome && <Said title="Now it would be" verdict={now} />}
      {notes.map((note) => (
        <p class="note" key={note}>
          {note}
        </p>
      ))}
      <Targets targets={targets} hidden={hidden} />
      <WantedRules zone={zone} wanted={wanted} />
      {rulesChanged.length > 0 && (
        <>
          <h3>Changes of the rules since</h3>
          <ul>
            {rulesChanged.map(({ version, at, by, detail }) => (
              <li key={version}>
                {detail} <span class="quiet">by {by}, </span>
                <Time at={at} />
              </li>
            ))}
          </ul>
        </>
      )}
      <p>
        <a href={pathTo('/zones/:zone/rules', { zone })}>The rules of {zone}</a>
      </p>
    </>
  )
}

function Said({ title, verdict }: { readonly title: string; readonly verdict: Verdict }) {
  return (
    <p>
      {title}: <OutcomeBadge outcome={verdict.outcome} reason={verdict.reason} />{' '}
      {verdict.rule && <Badge>{verdict.rule}</Badge>} {verdict.detail || verdict.means}{' '}
      {verdict.outcome !== 'NOERROR' && <strong>{verdict.remedy}</strong>}
    </p>
  )
}
