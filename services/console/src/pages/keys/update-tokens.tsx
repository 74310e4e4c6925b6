import { useState } from 'preact/hooks'
import { call } from '../../api/client.ts'
import type { UpdateToken } from '../../api/operations.ts'
import { may } from '../../api/roles.ts'
import { useResource } from '../../api/use-resource.ts'
import { Badge } from '../../parts/badge.tsx'
import { Button } from '../../parts/button.tsx'
import { ConfirmDialog } from '../../parts/confirm-dialog.tsx'
import { type Column, DataTable } from '../../parts/data-table.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { Section } from '../../parts/page.tsx'
import { Time } from '../../parts/time.tsx'
import { toast } from '../../parts/toast.tsx'
import { CreateUpdateTokenDialog } from './create-update-token-dialog.tsx'

/** Tokens of a key for routers and others that update their hosts over HTTP: each is good for its own hosts only. */
export function UpdateTokens({ of }: { readonly of: string }) {
  const path = { name: of }
  const tokens = useResource(`update tokens ${of}`, (signal) =>
    call('GET /v1/keys/{name}/update-tokens', { path, signal }),
  )
  const [creating, setCreating] = useState(false)
  const [ending, setEnding] = useState<string>()
  const end = async (token: string) => {
    await call('DELETE /v1/keys/{name}/update-tokens/{token}', { path: { name: of, token } })
    toast(`Ended ${token}`)
    setEnding(undefined)
    tokens.reload()
  }
  const create = may('operator') && <Button onClick={() => setCreating(true)}>Create an update token</Button>
  return (
    <Section title="Update tokens" actions={create}>
      <Loaded resource={tokens}>
        {({ tokens: rows }) =>
          rows.length === 0 ? (
            <p class="quiet">
              None. A router that updates its host over HTTP gets a token, which is good for that host only.
            </p>
          ) : (
            <DataTable
              label="Update tokens"
              columns={columns(setEnding)}
              rows={rows}
              rowKey={({ name }) => name}
            />
          )
        }
      </Loaded>
      {creating && (
        <CreateUpdateTokenDialog of={of} onCreated={tokens.reload} onClose={() => setCreating(false)} />
      )}
      {ending !== undefined && (
        <ConfirmDialog
          title={`End the update token ${ending}?`}
          action="End it"
          act={() => end(ending)}
          onClose={() => setEnding(undefined)}
        >
          <p>Edges refuse it from now on. That cannot be taken back.</p>
        </ConfirmDialog>
      )}
    </Section>
  )
}

function columns(end: (name: string) => void): readonly Column<UpdateToken>[] {
  return [
    { id: 'name', title: 'Token', cell: ({ name }) => name },
    { id: 'hosts', title: 'Hosts', cell: ({ hosts }) => hosts.join(', ') },
    {
      id: 'state',
      title: 'State',
      cell: ({ state }) => <Badge tone={state === 'active' ? 'good' : 'warn'}>{state}</Badge>,
    },
    {
      id: 'expires',
      title: 'Ends',
      cell: ({ expiresAt }) => (expiresAt === null ? 'never' : <Time at={expiresAt} />),
    },
    {
      id: 'created',
      title: 'Made',
      minor: true,
      cell: ({ createdAt, createdBy }) => (
        <>
          <Time at={createdAt} /> by {createdBy}
        </>
      ),
    },
    {
      id: 'end',
      title: 'End it',
      cell: ({ name }) =>
        may('operator') && (
          <Button small kind="danger" label={`End ${name}`} onClick={() => end(name)}>
            End
          </Button>
        ),
    },
  ]
}
