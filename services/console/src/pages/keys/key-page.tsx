import { useState } from 'preact/hooks'
import { call } from '../../api/client.ts'
import type { KeyDetails, KeyUse, Secret } from '../../api/operations.ts'
import { may } from '../../api/roles.ts'
import { useResource } from '../../api/use-resource.ts'
import { Badge } from '../../parts/badge.tsx'
import { Button } from '../../parts/button.tsx'
import { type Column, DataTable } from '../../parts/data-table.tsx'
import { Facts } from '../../parts/facts.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { Page, Section } from '../../parts/page.tsx'
import { Time } from '../../parts/time.tsx'
import { DeleteKeyDialog, ExpireKeyDialog, RevokeKeyDialog, RotateKeyDialog } from './key-dialogs.tsx'
import { stateTone } from './key-facts.ts'
import { UpdateTokens } from './update-tokens.tsx'

const SECRETS: readonly Column<Secret>[] = [
  { id: 'id', title: 'Secret', cell: ({ id }) => `#${id}` },
  { id: 'state', title: 'State', cell: ({ state }) => <Badge tone={stateTone(state)}>{state}</Badge> },
  {
    id: 'used',
    title: 'Last used',
    cell: ({ lastUsedAt }) => (lastUsedAt === null ? 'never' : <Time at={lastUsedAt} ago />),
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
]

const USES: readonly Column<KeyUse>[] = [
  { id: 'source', title: 'From', cell: ({ source }) => source },
  {
    id: 'secret',
    title: 'With secret',
    cell: ({ secret, state }) => (
      <>
        #{secret} <Badge tone={stateTone(state)}>{state}</Badge>
      </>
    ),
  },
  { id: 'count', title: 'Messages', number: true, cell: ({ count }) => count.toLocaleString() },
  { id: 'last', title: 'Last', cell: ({ lastAt }) => <Time at={lastAt} ago /> },
  { id: 'first', title: 'First', minor: true, cell: ({ firstAt }) => <Time at={firstAt} ago /> },
]

type Doing = 'rotate' | 'revoke' | 'expire' | 'delete'

/** One key: its secrets (never what they are), who uses which, who changed it, and what can be done to it. */
export function KeyPage({ name }: { readonly name: string }) {
  const [doing, setDoing] = useState<Doing>()
  const key = useResource(`key ${name}`, (signal) => call('GET /v1/keys/{name}', { path: { name }, signal }))
  const usage = useResource(`usage ${name}`, (signal) =>
    call('GET /v1/keys/{name}/usage', { path: { name }, signal }),
  )
  const dialog = {
    name,
    onClose: () => setDoing(undefined),
    onDone: () => {
      key.reload()
      usage.reload()
    },
  }
  return (
    <Page
      title={name}
      above={<a href="/keys">Keys</a>}
      actions={<Actions details={key.value} act={setDoing} />}
    >
      <Loaded resource={key}>{(details) => <Details details={details} />}</Loaded>
      <Section title="Who uses it">
        <Loaded resource={usage}>
          {({ uses }) =>
            uses.length === 0 ? (
              <p class="quiet">No edge has told of a message that was signed with it.</p>
            ) : (
              <DataTable
                label="Who uses it"
                columns={USES}
                rows={uses}
                rowKey={({ source, secret }) => `${source} ${secret}`}
              />
            )
          }
        </Loaded>
      </Section>
      <UpdateTokens of={name} />
      {doing === 'rotate' && <RotateKeyDialog {...dialog} />}
      {doing === 'revoke' && <RevokeKeyDialog {...dialog} />}
      {doing === 'expire' && <ExpireKeyDialog {...dialog} expiresAt={key.value?.expiresAt ?? null} />}
      {doing === 'delete' && <DeleteKeyDialog {...dialog} namedBy={key.value?.namedBy ?? []} />}
    </Page>
  )
}

function Actions({
  details,
  act,
}: {
  readonly details: KeyDetails | undefined
  readonly act: (doing: Doing) => void
}) {
  if (details === undefined || !may('operator')) return null
  const isTsig = details.kind === 'tsig'
  return (
    <>
      {isTsig && (
        <Button kind="primary" onClick={() => act('rotate')}>
          Rotate …
        </Button>
      )}
      <Button onClick={() => act('expire')}>Expiry …</Button>
      {isTsig && <Button onClick={() => act('revoke')}>Revoke …</Button>}
      <Button kind="danger" onClick={() => act('delete')}>
        Delete …
      </Button>
    </>
  )
}

function Details({ details }: { readonly details: KeyDetails }) {
  const { algorithm, state, expiresAt, createdAt, createdBy, namedBy, secrets, changes, publicKey } = details
  return (
    <>
      <Section title="The key">
        <Facts
          facts={[
            [
              'State',
              <Badge key="state" tone={stateTone(state)}>
                {state}
              </Badge>,
            ],
            ['Algorithm', algorithm],
            ['Created', <Time key="created" at={createdAt} />],
            ['By', createdBy],
            ['Expires', expiresAt === null ? 'never' : <Time key="expires" at={expiresAt} />],
            ['Named by', namedBy.length === 0 ? 'no rule of a zone' : namedBy.join(', ')],
            ...(publicKey === null
              ? []
              : [
                  [
                    'Public key',
                    <code key="public" class="anywhere">
                      {publicKey}
                    </code>,
                  ] as const,
                ]),
          ]}
        />
      </Section>
      {secrets.length > 0 && (
        <Section title="Secrets">
          <DataTable label="Secrets" columns={SECRETS} rows={secrets} rowKey={({ id }) => id} />
        </Section>
      )}
      <Section title="What was done to it">
        <ul class="lines">
          {changes.map(({ at, by, change, detail }) => (
            <li key={at + change}>
              <Time at={at} /> {change} {detail} <span class="quiet">by {by}</span>
            </li>
          ))}
        </ul>
      </Section>
    </>
  )
}
