import { useState } from 'preact/hooks'
import { call } from '../../api/client.ts'
import type { Token } from '../../api/operations.ts'
import { usePages } from '../../api/use-pages.ts'
import { Badge } from '../../parts/badge.tsx'
import { Button } from '../../parts/button.tsx'
import { ConfirmDialog } from '../../parts/confirm-dialog.tsx'
import { type Column, DataTable } from '../../parts/data-table.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { MoreButton } from '../../parts/more-button.tsx'
import { Section } from '../../parts/page.tsx'
import { Time } from '../../parts/time.tsx'
import { toast } from '../../parts/toast.tsx'
import { CreateTokenDialog } from './create-token-dialog.tsx'

const TONES = { active: 'good', expired: 'warn', revoked: 'quiet' } as const

/** Who may use the API and this console; for admins. */
export function TokensSection() {
  const tokens = usePages('tokens', async (after: string | undefined, signal) => {
    const query = after === undefined ? {} : { after }
    const { tokens: rows, next } = await call('GET /v1/tokens', { query, signal })
    return { rows, next }
  })
  const [creating, setCreating] = useState(false)
  const [revoking, setRevoking] = useState<string>()
  const revoke = async (token: string) => {
    await call('DELETE /v1/tokens/{token}', { path: { token } })
    toast(`Revoked ${token}: whoever is signed in with it is out.`)
    setRevoking(undefined)
    tokens.reload()
  }
  return (
    <Section title="API tokens" actions={<Button onClick={() => setCreating(true)}>Create a token</Button>}>
      <Loaded resource={tokens}>
        {(rows) => (
          <>
            <DataTable
              label="API tokens"
              columns={columns(setRevoking)}
              rows={rows}
              rowKey={({ name }) => name}
            />
            <MoreButton of={tokens} />
          </>
        )}
      </Loaded>
      {creating && <CreateTokenDialog onCreated={tokens.reload} onClose={() => setCreating(false)} />}
      {revoking !== undefined && (
        <ConfirmDialog
          title={`Revoke the token ${revoking}?`}
          action="Revoke it"
          act={() => revoke(revoking)}
          onClose={() => setRevoking(undefined)}
        >
          <p>
            It is refused from now on, and sessions that were opened with it end. That cannot be taken back.
          </p>
        </ConfirmDialog>
      )}
    </Section>
  )
}

function columns(revoke: (name: string) => void): readonly Column<Token>[] {
  return [
    { id: 'name', title: 'Token', cell: ({ name }) => name },
    { id: 'role', title: 'Role', cell: ({ role }) => role },
    { id: 'zones', title: 'Zones', cell: ({ zones }) => zones?.join(', ') ?? 'all' },
    { id: 'state', title: 'State', cell: ({ state }) => <Badge tone={TONES[state]}>{state}</Badge> },
    {
      id: 'expires',
      title: 'Expires',
      minor: true,
      cell: ({ expiresAt }) => (expiresAt === null ? 'never' : <Time at={expiresAt} />),
    },
    {
      id: 'used',
      title: 'Last used',
      minor: true,
      cell: ({ lastUsedAt }) => (lastUsedAt === null ? 'never' : <Time at={lastUsedAt} ago />),
    },
    {
      id: 'revoke',
      title: 'End it',
      cell: ({ name, state }) =>
        state !== 'revoked' && (
          <Button small kind="danger" label={`Revoke ${name}`} onClick={() => revoke(name)}>
            Revoke
          </Button>
        ),
    },
  ]
}
