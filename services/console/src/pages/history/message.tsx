import { useState } from 'preact/hooks'
import { call } from '../../api/client.ts'
import type { EventMessage } from '../../api/operations.ts'
import { useResource } from '../../api/use-resource.ts'
import { Code } from '../../parts/code.tsx'
import { Facts } from '../../parts/facts.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { Section } from '../../parts/page.tsx'
import { Time } from '../../parts/time.tsx'

/** The message of an update as it was received; loaded when somebody opens it. */
export function Message({ zone, seq }: { readonly zone: string; readonly seq: number }) {
  const [isOpened, setOpened] = useState(false)
  return (
    <Section title="What was received">
      <details onToggle={({ currentTarget }) => currentTarget.open && setOpened(true)}>
        <summary>The message as it came</summary>
        {isOpened && <Decoded zone={zone} seq={seq} />}
      </details>
    </Section>
  )
}

function Decoded({ zone, seq }: { readonly zone: string; readonly seq: number }) {
  const message = useResource(`message ${zone} ${seq}`, (signal) =>
    call('GET /v1/zones/{name}/events/{seq}/message', { path: { name: zone, seq }, signal }),
  )
  return <Loaded resource={message}>{(found) => <Sections message={found} />}</Loaded>
}

function Sections({ message }: { readonly message: EventMessage }) {
  const { id, opcode, octets, udpSize, signature } = message
  return (
    <>
      <Facts
        facts={[
          ['Message id', id],
          ['Opcode', opcode === 5 ? '5 (UPDATE)' : opcode],
          ['UDP size of the client', udpSize ?? 'no EDNS'],
          ['Signature', signature === undefined ? 'none' : <Signature key="by" signature={signature} />],
        ]}
      />
      <Code label="message by sections" text={sectionsOf(message)} />
      <Code label="octets of the message, base64" text={octets} />
    </>
  )
}

function Signature({ signature }: { readonly signature: NonNullable<EventMessage['signature']> }) {
  return (
    <>
      {signature.kind === 'tsig' ? 'TSIG' : 'SIG(0)'} by <code>{signature.key}</code>,{' '}
      <Time at={signature.signedAt} />
    </>
  )
}

/** The four sections of RFC 2136, in the form that dig and nsupdate show. */
function sectionsOf({ zoneSection, prerequisites, updates, additionals }: EventMessage): string {
  return (
    [
      ['ZONE', zoneSection],
      ['PREREQUISITE', prerequisites],
      ['UPDATE', updates],
      ['ADDITIONAL', additionals],
    ] as const
  )
    .map(([title, lines]) => [`;; ${title} SECTION:`, ...lines].join('\n'))
    .join('\n\n')
}
