import { call } from '../../api/client.ts'
import { useResource } from '../../api/use-resource.ts'
import { Loaded } from '../../parts/loaded.tsx'
import { Section } from '../../parts/page.tsx'
import { Time } from '../../parts/time.tsx'
import { query } from '../../routing/location.ts'
import { ZoneFrame } from '../zone/zone-frame.tsx'
import { Ask } from './ask.tsx'
import { RulesEditor } from './rules-editor.tsx'
import { WhoCould } from './who-could.tsx'

/** Who may update what in a zone; asking before changing it, and trying it on what has been. */
export function RulesPage({ zone }: { readonly zone: string }) {
  const rules = useResource(`rules ${zone}`, (signal) =>
    call('GET /v1/zones/{name}/rules', { path: { name: zone }, signal }),
  )
  const changes = useResource(`rule changes ${zone} ${rules.value?.version}`, (signal) =>
    call('GET /v1/zones/{name}/rules/changes', { path: { name: zone }, query: { limit: 20 }, signal }),
  )
  const add = query.value.get('add')
  return (
    <ZoneFrame zone={zone}>
      <Loaded resource={rules}>
        {(found) => (
          <>
            <RulesEditor
              zone={zone}
              stored={found}
              added={add === null ? undefined : { rule: add, at: Number(query.value.get('at') ?? 0) }}
              onOutdated={rules.reload}
            />
            <div class="columns">
              <WhoCould zone={zone} />
              <Ask zone={zone} />
            </div>
          </>
        )}
      </Loaded>
      <Section title="Who changed them">
        <Loaded resource={changes}>
          {({ changes: found }) =>
            found.length === 0 ? (
              <p class="quiet">Nobody has changed them.</p>
            ) : (
              <ul class="lines">
                {found.map(({ version, at, by, change, detail }) => (
                  <li key={version}>
                    <Time at={at} /> {change} <code>{detail}</code> <span class="quiet">by {by}</span>
                  </li>
                ))}
              </ul>
            )
          }
        </Loaded>
      </Section>
    </ZoneFrame>
  )
}
