import { useState } from 'preact/hooks'
import { call } from '../../api/client.ts'
import type { Key } from '../../api/operations.ts'
import { may } from '../../api/roles.ts'
import { usePages } from '../../api/use-pages.ts'
import { Badge } from '../../parts/badge.tsx'
import { Button } from '../../parts/button.tsx'
import { type Column, DataTable } from '../../parts/data-table.tsx'
import { EmptyState } from '../../parts/empty-state.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { MoreButton } from '../../parts/more-button.tsx'
import { Page } from '../../parts/page.tsx'
import { Time } from '../../parts/time.tsx'
import { pathTo } from '../../routing/match.ts'
import { CreateKeyDialog } from './create-key-dialog.tsx'
import { lastUse, stateTone } from './key-facts.ts'

const COLUMNS: readonly Column<Key>[] = [
  { id: 'name', title: 'Key', cell: ({ name }) => <a href={pathTo('/keys/:key', { key: name })}>{name}</a> },
  { id: 'state', title: 'State', cell: ({ state }) => <Badge tone={stateTone(state)}>{state}</Badge> },
  { id: 'algorithm', title: 'Algorithm', minor: true, cell: ({ algorithm }) => algorithm },
  {
    id: 'secrets',
    title: 'Live secrets',
    number: true,
    minor: true,
    cell: ({ secrets }) => secrets.filter(({ state }) => state === 'active' || state === 'retiring').length,
  },
  { id: 'used', title: 'Last used', cell: (key) => <LastUse of={key} /> },
  {
    id: 'expires',
    title: 'Expires',
    cell: ({ expiresAt }) => (expiresAt === null ? 'never' : <Time at={expiresAt} ago />),
  },
  { id: 'created', title: 'Created', minor: true, cell: ({ createdAt }) => <Time at={createdAt} ago /> },
]

/** Who may sign: keys of TSIG and SIG(0), how old they are and when they were used. */
export function KeysPage() {
  const [creating, setCreating] = useState(false)
  const keys = usePages('keys', async (after: string | undefined, signal) => {
    const query = after === undefined ? {} : { after }
    const { keys: rows, next } = await call('GET /v1/keys', { query, signal })
    return { rows, next }
  })
  return (
    <Page
      title="Keys"
      actions={
        may('operator') && (
          <Button kind="primary" onClick={() => setCreating(true)}>
            Create a key
          </Button>
        )
      }
    >
      <Loaded resource={keys}>
        {(found) =>
          found.length === 0 ? (
            <EmptyState title="No keys yet">
              <p>
                A key lets a machine sign its updates (TSIG). Create one for each machine, so that each can be
                told apart and taken away alone; then let it update names of a zone with a rule.
              </p>
            </EmptyState>
          ) : (
            <>
              <DataTable label="Keys" columns={COLUMNS} rows={found} rowKey={({ name }) => name} />
              <MoreButton of={keys} />
            </>
          )
        }
      </Loaded>
      {creating && <CreateKeyDialog onClose={() => setCreating(false)} onCreated={keys.reload} />}
    </Page>
  )
}

function LastUse({ of }: { readonly of: Key }) {
  const at = lastUse(of)
  return at === undefined ? 'never' : <Time at={at} ago />
}
