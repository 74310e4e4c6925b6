import { useState } from 'preact/hooks'
import { call } from '../../api/client.ts'
import type { DeletedZoneDescription } from '../../api/operations.ts'
import { may } from '../../api/roles.ts'
import { usePages } from '../../api/use-pages.ts'
import { Button } from '../../parts/button.tsx'
import { type Column, DataTable } from '../../parts/data-table.tsx'
import { EmptyState } from '../../parts/empty-state.tsx'
import { TextField } from '../../parts/field.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { MoreButton } from '../../parts/more-button.tsx'
import { Page } from '../../parts/page.tsx'
import { Time } from '../../parts/time.tsx'
import { useSettled } from '../../parts/use-settled.ts'
import { query, setQuery } from '../../routing/location.ts'
import { pathTo } from '../../routing/match.ts'
import { Identity } from '../history/identity.tsx'
import { BringBackDialog } from './bring-back-dialog.tsx'
import { ZoneTabs } from './zone-tabs.tsx'

const PAGE = 200

/** Zones that were, the last deleted first: their histories are kept, and bring them back. */
export function DeletedZonesPage() {
  const [back, setBack] = useState<DeletedZoneDescription>()
  const search = query.value.get('search') ?? ''
  const settled = useSettled(search).trim()
  const zones = usePages(`deleted zones ${settled}`, async (after: number | undefined, signal) => {
    const { zones: rows, next } = await call('GET /v1/deleted-zones', {
      query: {
        newest: true,
        limit: PAGE,
        ...(settled === '' ? {} : { search: settled }),
        ...(after === undefined ? {} : { after }),
      },
      signal,
    })
    return { rows, next }
  })
  return (
    <Page title="Deleted zones">
      <ZoneTabs />
      <TextField
        label="Search"
        type="search"
        placeholder="part of a name"
        value={search}
        onInput={(value) => setQuery({ search: value })}
      />
      <Loaded resource={zones}>
        {(found) =>
          found.length === 0 ? (
            <NoneDeleted search={settled} />
          ) : (
            <>
              <DataTable
                label="Deleted zones"
                columns={columns(may('admin') ? setBack : undefined)}
                rows={found}
                rowKey={({ id }) => id}
              />
              <MoreButton of={zones} />
            </>
          )
        }
      </Loaded>
      {back && <BringBackDialog zone={back.id} onClose={() => setBack(undefined)} />}
    </Page>
  )
}

function columns(
  bringBack: ((zone: DeletedZoneDescription) => void) | undefined,
): readonly Column<DeletedZoneDescription>[] {
  return [
    {
      id: 'name',
      title: 'Zone',
      cell: ({ id, name }) => <a href={pathTo('/zones/:zone/history', { zone: id })}>{name}</a>,
    },
    {
      id: 'deleted',
      title: 'Deleted',
      cell: ({ deletedAt, deletedBy }) => (
        <>
          <Time at={deletedAt} ago />
          {deletedBy !== undefined && (
            <>
              {' '}
              by <Identity by={deletedBy} />
            </>
          )}
        </>
      ),
    },
    { id: 'serial', title: 'Last serial', number: true, minor: true, cell: ({ serial }) => serial },
    {
      id: 'events',
      title: 'Events',
      number: true,
      minor: true,
      cell: ({ events }) => events.toLocaleString(),
    },
    { id: 'created', title: 'Created', minor: true, cell: ({ createdAt }) => <Time at={createdAt} ago /> },
    ...(bringBack === undefined ? [] : [backColumn(bringBack)]),
  ]
}

function backColumn(bringBack: (zone: DeletedZoneDescription) => void): Column<DeletedZoneDescription> {
  return {
    id: 'back',
    title: 'Bring back',
    cell: (zone) => (
      <Button small label={`Bring back ${zone.id}`} onClick={() => bringBack(zone)}>
        Bring back …
      </Button>
    ),
  }
}

function NoneDeleted({ search }: { readonly search: string }) {
  if (search !== '')
    return (
      <EmptyState title="No deleted zone found">
        <p>
          None has “{search}” in its name.{' '}
          <Button small onClick={() => setQuery({ search: undefined })}>
            Show all
          </Button>
        </p>
      </EmptyState>
    )
  return (
    <EmptyState title="No zone was deleted">
      <p>
        A zone that is deleted in its settings is not served any more, and its history is kept: it then stands
        here, can be looked at as it was at any moment, and brought back.
      </p>
    </EmptyState>
  )
}
