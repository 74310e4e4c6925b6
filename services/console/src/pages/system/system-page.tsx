import { call } from '../../api/client.ts'
import type { Peer, Status } from '../../api/operations.ts'
import { useResource } from '../../api/use-resource.ts'
import { Badge } from '../../parts/badge.tsx'
import { type Column, DataTable } from '../../parts/data-table.tsx'
import { Facts } from '../../parts/facts.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { Page, Section } from '../../parts/page.tsx'

const EVERY_MS = 5_000

const WRITERS: readonly Column<Peer>[] = [
  { id: 'id', title: 'Writer', cell: ({ id }) => id },
  { id: 'listens', title: 'Listens', cell: ({ listens }) => <code>{listens}</code> },
]

const EDGES: readonly Column<Peer>[] = [
  { id: 'id', title: 'Edge', cell: ({ id }) => id },
  { id: 'lag', title: 'Lag', cell: ({ lag }) => lagText(lag) },
  { id: 'listens', title: 'Listens', cell: ({ listens }) => <code>{listens}</code> },
]

/** What runs, and how it is. */
export function SystemPage() {
  const status = useResource('status', () => call('GET /v1/status', {}), EVERY_MS)
  return (
    <Page title="System">
      <Loaded resource={status}>
        {(now) => (
          <>
            <Health status={now} />
            <div class="columns">
              <Section title="Writers">
                <DataTable
                  label="Writers"
                  columns={WRITERS}
                  rows={now.writers ?? []}
                  rowKey={({ id }) => id}
                />
              </Section>
              <Section title="Edges">
                <DataTable label="Edges" columns={EDGES} rows={now.edges ?? []} rowKey={({ id }) => id} />
              </Section>
            </div>
          </>
        )}
      </Loaded>
    </Page>
  )
}

function Health({ status: { health, zones, events } }: { readonly status: Status }) {
  const { postgres, nats, partitions } = health
  return (
    <Section title="The writer that answers">
      <Facts
        facts={[
          ['State', <Badge tone={health.ready ? 'good' : 'bad'}>{health.status}</Badge>],
          [
            'Breaker to Postgres',
            <Badge tone={postgres.breaker === 'closed' ? 'good' : 'bad'}>{postgres.breaker}</Badge>,
          ],
          [
            'NATS',
            <Badge tone={nats.connected ? 'good' : 'bad'}>
              {nats.connected ? 'connected' : 'not connected'}
            </Badge>,
          ],
          ['Partitions', partitions.length === 0 ? 'none' : partitions.join(', ')],
          ['Zones', zones.toLocaleString()],
          ['Events', events.toLocaleString()],
        ]}
      />
    </Section>
  )
}

function lagText(lag: Peer['lag']) {
  if (lag === undefined) return <Badge>not known</Badge>
  if (lag.events === 0) return <Badge tone="good">none</Badge>
  return (
    <Badge tone="warn">
      {lag.events} events, {lag.seconds.toFixed(1)} s
    </Badge>
  )
}
