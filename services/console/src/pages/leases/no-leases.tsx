import { may } from '../../api/roles.ts'
import { Code } from '../../parts/code.tsx'
import { EmptyState } from '../../parts/empty-state.tsx'
import { pathTo } from '../../routing/match.ts'
import { urlFor } from '../keys/snippet-texts.ts'
import { useServer } from '../keys/use-server.ts'

const OUTSIDE =
  'Values that clients set without a lease, and all that is typed or imported, are never removed.'

/** Of a zone that grants none. */
export function LeasesOff({ zone }: { readonly zone: string }) {
  return (
    <EmptyState title="This zone grants no leases">
      <p>
        A lease has values go that nobody refreshes: a laptop that leaves takes its name with it. Clients ask
        for one with their updates; without it nothing here is ever removed by itself.
      </p>
      {may('operator') ? (
        <p>
          Turn them on in the <a href={pathTo('/zones/:zone/settings', { zone })}>settings of the zone</a>, or
          so:
        </p>
      ) : (
        <p>An operator turns them on in the settings of the zone, or so:</p>
      )}
      <Code text={`zonelog zone set ${zone} --lease 30m..1d`} label="command that turns leases on" />
    </EmptyState>
  )
}

/** Of a zone that would grant some. */
export function NoLeases({ zone, name }: { readonly zone: string; readonly name: string | undefined }) {
  const { value: url } = useServer(urlFor)
  if (name !== undefined)
    return (
      <EmptyState title="No lease at this name">
        <p>
          No value of <code>{name}</code> has a lease. {OUTSIDE}
        </p>
      </EmptyState>
    )
  const bare = zone === '.' ? '' : `.${zone.slice(0, -1)}`
  return (
    <EmptyState title="No value has a lease yet">
      <p>
        nsupdate cannot ask for one. Clients of Update Lease (RFC 9664) do: registrars of DNS-SD and SRP,
        Bonjour, scripts with dnspython. So do routers and scripts that update over HTTP with{' '}
        <code>lease=</code>, in seconds or as <code>2h</code>:
      </p>
      <Code
        text={`curl -u NAME:TOKEN '${url}/nic/update?hostname=printer${bare}&myip=192.0.2.7&lease=2h'`}
        label="update over HTTP with a lease"
      />
      <p>
        NAME and TOKEN are those of an update token, which the page of a <a href="/keys">key</a> makes. The
        same again before the lease is over refreshes it. {OUTSIDE}
      </p>
    </EmptyState>
  )
}
