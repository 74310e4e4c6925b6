import { call } from '../../api/client.ts'
import type { Status } from '../../api/operations.ts'
import { may, seesAll } from '../../api/roles.ts'
import { useResource } from '../../api/use-resource.ts'
import { Badge } from '../../parts/badge.tsx'
import { Facts } from '../../parts/facts.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { Page, Section } from '../../parts/page.tsx'
import { PartitionsSection } from './partitions-section.tsx'
import { Peers } from './peers.tsx'
import { TokensSection } from './tokens-section.tsx'
import { VerifierSection } from './verifier-section.tsx'

const EVERY_MS = 5_000

/** What runs, and how it is. */
export function SystemPage() {
  const status = useResource('status', (signal) => call('GET /v1/status', { signal }), EVERY_MS)
  return (
    <Page title="System">
      <Loaded resource={status}>
        {(now) => (
          <>
            <Health status={now} />
            <Peers writers={now.writers} edges={now.edges} missing={now.missing} />
            <PartitionsSection partitions={now.partitions} />
            <VerifierSection writers={now.writers ?? []} />
            {may('admin') && seesAll() && <TokensSection />}
          </>
        )}
      </Loaded>
    </Page>
  )
}

function Health({ status: { writer, health, versions, zones, events } }: { readonly status: Status }) {
  const { postgres, nats, problems } = health
  return (
    <Section title="The writer that answers">
      {problems.map(({ what, todo }) => (
        <p class="note problem" key={what}>
          <strong>{what}</strong>. What to do: {todo}.
        </p>
      ))}
      <Facts
        facts={[
          ['Writer', `${writer}, zonelog ${versions.writer}`],
          [
            'State',
            <Badge key="state" tone={health.ready ? 'good' : 'bad'}>
              {health.status}
            </Badge>,
          ],
          [
            'Breaker to Postgres',
            <Badge key="breaker" tone={postgres.breaker === 'closed' ? 'good' : 'bad'}>
              {postgres.breaker ?? 'not known'}
            </Badge>,
          ],
          [
            'NATS',
            <>
              <Badge tone={nats.connected ? 'good' : 'bad'}>
                {nats.connected ? 'connected' : 'not connected'}
              </Badge>{' '}
              {versions.nats}
            </>,
          ],
          ['Postgres', versions.postgres],
          ['Zones', zones.toLocaleString()],
          ['Events', events.toLocaleString()],
        ]}
      />
    </Section>
  )
}
