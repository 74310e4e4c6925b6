import { useState } from 'preact/hooks'
import { call } from '../../api/client.ts'
import type { Lease, ZoneDetails } from '../../api/operations.ts'
import { may } from '../../api/roles.ts'
import { usePages } from '../../api/use-pages.ts'
import { useResource } from '../../api/use-resource.ts'
import { showZone } from '../../api/zones.ts'
import { counted } from '../../parts/counted.ts'
import { DataTable } from '../../parts/data-table.tsx'
import { Facts } from '../../parts/facts.tsx'
import { TextField } from '../../parts/field.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { MoreButton } from '../../parts/more-button.tsx'
import { Section } from '../../parts/page.tsx'
import { Time } from '../../parts/time.tsx'
import { useSettled } from '../../parts/use-settled.ts'
import { query, setQuery } from '../../routing/location.ts'
import { leaseText } from '../zone/lease-text.ts'
import { ZoneFrame } from '../zone/zone-frame.tsx'
import { HoldDialog } from './hold-dialog.tsx'
import { leaseColumns } from './lease-columns.tsx'
import { LeasesOff, NoLeases } from './no-leases.tsx'
import { ownerFrom } from './owner-name.ts'

const EVERY_MS = 5_000
const PAGE = 200

/** Values of a zone that go unless they are refreshed, when they do, and who keeps which. */
export function LeasesPage({ zone }: { readonly zone: string }) {
  const details = useResource(`zone ${zone}`, (signal) => showZone(zone, signal), EVERY_MS)
  return (
    <ZoneFrame zone={zone}>
      <Loaded resource={details}>
        {({ settings, leases }) =>
          leases === undefined || settings.leases.longest === 0 ? (
            <LeasesOff zone={zone} />
          ) : (
            <>
              <Standing range={leaseText(settings.leases)} leases={leases} />
              <List zone={zone} hasSome={leases.running + leases.held > 0} />
            </>
          )
        }
      </Loaded>
    </ZoneFrame>
  )
}

function Standing({
  range,
  leases: { running, held, nextEnd },
}: {
  readonly range: string
  readonly leases: NonNullable<ZoneDetails['leases']>
}) {
  return (
    <Section title="Leases">
      <Facts
        facts={[
          ['This zone grants', range],
          ['Go unless they are refreshed', counted(running, 'value')],
          ['Held by somebody', counted(held, 'value')],
          ['The next ends', nextEnd === undefined ? 'none runs' : <Time key="next" at={nextEnd} ago />],
        ]}
      />
    </Section>
  )
}

function List({ zone, hasSome }: { readonly zone: string; readonly hasSome: boolean }) {
  const name = query.value.get('name') ?? ''
  const record = ownerFrom(useSettled(name), zone)
  const [changing, setChanging] = useState<Lease>()
  const leases = usePages(
    `leases ${zone} ${record}`,
    async (after: string | undefined, signal) => {
      const { values: rows, next } = await call('GET /v1/zones/{name}/leases', {
        path: { name: zone },
        query: {
          limit: PAGE,
          ...(record === undefined ? {} : { record }),
          ...(after === undefined ? {} : { after }),
        },
        signal,
      })
      return { rows, next }
    },
    EVERY_MS,
  )
  return (
    <Section title="Leased values">
      {(hasSome || name !== '') && (
        <TextField
          label="Name"
          type="search"
          mono
          placeholder="all names"
          value={name}
          onInput={(value) => setQuery({ name: value })}
        />
      )}
      <Loaded resource={leases}>
        {(rows) =>
          rows.length > 0 ? (
            <>
              <DataTable
                label="Leased values"
                columns={leaseColumns(zone, may('operator') ? setChanging : undefined)}
                rows={rows}
                rowKey={({ name, type, value }) => `${name} ${type} ${value}`}
              />
              <MoreButton of={leases} />
            </>
          ) : (
            <NoLeases zone={zone} name={record} />
          )
        }
      </Loaded>
      {changing && (
        <HoldDialog
          zone={zone}
          lease={changing}
          onDone={leases.reload}
          onClose={() => setChanging(undefined)}
        />
      )}
    </Section>
  )
}
