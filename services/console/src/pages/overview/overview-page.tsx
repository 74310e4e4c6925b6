import { call } from '../../api/client.ts'
import type { Overview } from '../../api/operations.ts'
import { seesAll } from '../../api/roles.ts'
import { session } from '../../api/session.ts'
import { useResource } from '../../api/use-resource.ts'
import { counted } from '../../parts/counted.ts'
import { Facts } from '../../parts/facts.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { Page, Section } from '../../parts/page.tsx'
import { Time } from '../../parts/time.tsx'
import { pathTo } from '../../routing/match.ts'
import { Peers } from '../system/peers.tsx'
import { Alarms } from './alarms.tsx'
import { LiveFeed } from './live-feed.tsx'
import { UpdatesChart } from './updates-chart.tsx'
import { Welcome } from './welcome.tsx'

const EVERY_MS = 5_000

/** What changes, what runs, and what somebody should see to; for a token for some zones, of those. */
export function OverviewPage() {
  const overview = useResource('overview', (signal) => call('GET /v1/overview', { signal }), EVERY_MS)
  return (
    <Page title="Overview">
      <Loaded resource={overview}>
        {(now) => (
          <>
            <Alarms alarms={now.alarms} secondaries={now.secondaries} />
            {now.zones === 0 && seesAll() && <Welcome />}
            <Section title="Updates per minute, the last hour">
              <UpdatesChart minutes={now.minutes} />
              {now.minutesFrom !== undefined && (
                <p class="quiet">
                  There are too many to count: before <Time at={now.minutesFrom} /> some are left out.
                </p>
              )}
            </Section>
          </>
        )}
      </Loaded>
      <LiveFeed />
      {overview.value && <Running overview={overview.value} />}
    </Page>
  )
}

function Running({ overview: { zones, events, writers, edges, missing } }: { readonly overview: Overview }) {
  return (
    <>
      {seesAll() ? (
        <Section title="In all">
          <Facts
            facts={[
              [
                'Zones',
                <a key="zones" href="/zones">
                  {zones.toLocaleString()}
                </a>,
              ],
              ['Events', events.toLocaleString()],
              ['Edges', edges?.length ?? 'not known'],
              ['Writers', writers?.length ?? 'not known'],
            ]}
          />
        </Section>
      ) : (
        <OwnZones events={events} />
      )}
      <Peers writers={writers} edges={edges} missing={missing} />
    </>
  )
}

/** Those that the token is for; one that is not there, or not yet, is among them. */
function OwnZones({ events }: { readonly events: number }) {
  return (
    <Section title="Your zones">
      <ul>
        {session.value?.zones?.map((zone) => (
          <li key={zone}>
            <a href={pathTo('/zones/:zone', { zone })}>{zone}</a>
          </li>
        ))}
      </ul>
      <p class="quiet">{counted(events, 'event')} in all of them.</p>
    </Section>
  )
}
