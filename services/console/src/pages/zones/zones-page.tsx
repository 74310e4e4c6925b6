import { useState } from 'preact/hooks'
import { call } from '../../api/client.ts'
import type { Zone } from '../../api/operations.ts'
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
import { CreateZoneDialog } from './create-zone-dialog.tsx'
import { ZoneTabs } from './zone-tabs.tsx'

const PAGE = 200

const COLUMNS: readonly Column<Zone>[] = [
  {
    id: 'name',
    title: 'Zone',
    cell: ({ name }) => <a href={pathTo('/zones/:zone', { zone: name })}>{name}</a>,
  },
  { id: 'records', title: 'Records', number: true, cell: ({ records }) => records.toLocaleString() },
  { id: 'serial', title: 'Serial', number: true, cell: ({ serial }) => serial },
  { id: 'events', title: 'Events', number: true, minor: true, cell: ({ seq }) => seq.toLocaleString() },
  { id: 'rules', title: 'Update rules', number: true, minor: true, cell: ({ rules }) => rules.length },
  { id: 'created', title: 'Created', minor: true, cell: ({ createdAt }) => <Time at={createdAt} ago /> },
]

/** All zones, in pages; the search lives in the address bar. */
export function ZonesPage() {
  const [creating, setCreating] = useState(false)
  const search = query.value.get('search') ?? ''
  const settled = useSettled(search).trim()
  const zones = usePages(`zones ${settled}`, async (after: string | undefined, signal) => {
    const { zones: rows, next } = await call('GET /v1/zones', {
      query: {
        limit: PAGE,
        ...(settled === '' ? {} : { search: settled }),
        ...(after === undefined ? {} : { after }),
      },
      signal,
    })
    return { rows, next }
  })
  const create = may('admin') && (
    <Button kind="primary" onClick={() => setCreating(true)}>
      Create a zone
    </Button>
  )
  return (
    <Page title="Zones" actions={create}>
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
            <NoZones search={settled} />
          ) : (
            <>
              <DataTable label="Zones" columns={COLUMNS} rows={found} rowKey={({ id }) => id} />
              <MoreButton of={zones} />
            </>
          )
        }
      </Loaded>
      {creating && <CreateZoneDialog onClose={() => setCreating(false)} />}
    </Page>
  )
}

function NoZones({ search }: { readonly search: string }) {
  if (search !== '')
    return (
      <EmptyState title="No zone found">
        <p>
          No zone has “{search}” in its name.{' '}
          <Button small onClick={() => setQuery({ search: undefined })}>
            Show all
          </Button>
        </p>
      </EmptyState>
    )
  return (
    <EmptyState title="No zones yet">
      <p>
        A zone holds the records of a domain that you run, such as <code>home.example.net</code>. Create one
        here; it gets an SOA and an NS record to begin with, or the contents of a zone file.
      </p>
    </EmptyState>
  )
}
