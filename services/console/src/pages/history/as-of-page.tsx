import { useRef, useState } from 'preact/hooks'
import { call } from '../../api/client.ts'
import { linesOf } from '../../api/lines.ts'
import type { BlameLine, Origin } from '../../api/operations.ts'
import { may } from '../../api/roles.ts'
import { useResource } from '../../api/use-resource.ts'
import { showZone } from '../../api/zones.ts'
import { Button } from '../../parts/button.tsx'
import { type Column, DataTable } from '../../parts/data-table.tsx'
import { TextField } from '../../parts/field.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { Section } from '../../parts/page.tsx'
import { Time } from '../../parts/time.tsx'
import { query, setQuery } from '../../routing/location.ts'
import { pathTo } from '../../routing/match.ts'
import { ZoneFrame } from '../zone/zone-frame.tsx'
import { isDeleted } from '../zones/deleted-zone.ts'
import { ChooseMoment } from './choose-moment.tsx'
import { Identity } from './identity.tsx'
import { momentFromAddress } from './moment.ts'
import { RestoreDialog } from './restore-dialog.tsx'

const SHOWN = 500

/** A zone as it was at a moment, each value with who set it; and the way back there. */
export function AsOfPage({ zone }: { readonly zone: string }) {
  const moment = momentFromAddress()
  const record = query.value.get('record') ?? ''
  const [restoring, setRestoring] = useState(false)
  const isNow = Object.keys(moment).length === 0
  const now = useResource(`zone ${zone}`, (signal) => showZone(zone, signal))
  const then = useResource(`as of ${zone} ${JSON.stringify(moment)}`, (signal) =>
    call('GET /v1/zones/{name}', { path: { name: zone }, query: moment, signal }),
  )
  // while another moment is loaded, the last one stays
  const shown = useRef<number | undefined>(undefined)
  if (then.value !== undefined) shown.current = then.value.seq
  return (
    <ZoneFrame zone={zone}>
      <Section title="When">
        {now.value && <ChooseMoment newest={now.value.seq} at={shown.current ?? now.value.seq} />}
        <Loaded resource={then}>
          {(found) => (
            <p>
              {!isNow ? 'As it was' : isDeleted(zone) ? 'As it was last' : 'As it is now'}: event #{found.seq}
              , serial {found.serial}, {'time' in found && <Time at={found.time} />}{' '}
              {found.records.toLocaleString()} records.
            </p>
          )}
        </Loaded>
        {!isNow && (
          <div class="actions">
            {may('operator') && !isDeleted(zone) && (
              <Button onClick={() => setRestoring(true)}>Put the zone back to this …</Button>
            )}
            {then.value && (
              <a
                class="button"
                href={`${pathTo('/zones/:zone/compare', { zone })}?from=${encodeURIComponent(`#${then.value.seq}`)}&to=now`}
              >
                Compare with now
              </a>
            )}
            <Button onClick={() => setQuery({ event: undefined, time: undefined, serial: undefined })}>
              Back to now
            </Button>
          </div>
        )}
      </Section>
      <Section title="Records, and who set them">
        <OneName key={record} record={record} />
        <Records zone={zone} moment={moment} record={record} />
      </Section>
      {restoring && <RestoreDialog zone={zone} moment={moment} onClose={() => setRestoring(false)} />}
    </ZoneFrame>
  )
}

function OneName({ record }: { readonly record: string }) {
  const [typed, setTyped] = useState(record)
  return (
    <form
      class="filters"
      aria-label="Name"
      onSubmit={(event) => {
        event.preventDefault()
        setQuery({ record: typed.trim() })
      }}
    >
      <TextField label="Only this name" mono placeholder="all names" value={typed} onInput={setTyped} />
      <div class="actions">
        <Button type="submit">Show</Button>
      </div>
    </form>
  )
}

function Records({
  zone,
  moment,
  record,
}: {
  readonly zone: string
  readonly moment: ReturnType<typeof momentFromAddress>
  readonly record: string
}) {
  const found = useResource(`blame ${zone} ${JSON.stringify([moment, record])}`, async (signal) => {
    const lines: BlameLine[] = []
    const asked = { path: { name: zone }, query: { ...moment, record }, signal }
    for await (const line of linesOf('GET /v1/zones/{name}/blame', asked)) {
      lines.push(line)
      if (lines.length > SHOWN) break
    }
    return lines
  })
  return (
    <Loaded resource={found}>
      {(lines) => (
        <>
          <DataTable
            label="Records and who set them"
            columns={columnsOf(zone)}
            rows={lines.slice(0, SHOWN)}
            rowKey={({ name, type, value }) => `${name} ${type} ${value}`}
          />
          {lines.length > SHOWN && (
            <p class="quiet">
              These are the first {SHOWN} records: choose a name, or{' '}
              <a
                href={`/v1/zones/${encodeURIComponent(zone)}/export?${new URLSearchParams(asText(moment))}`}
                download
              >
                download the zone as it was
              </a>
              .
            </p>
          )}
          {lines.length === 0 && <p class="quiet">There were no records.</p>}
        </>
      )}
    </Loaded>
  )
}

function columnsOf(zone: string): readonly Column<BlameLine>[] {
  return [
    { id: 'name', title: 'Name', cell: ({ name }) => <code>{name}</code> },
    { id: 'ttl', title: 'TTL', number: true, minor: true, cell: ({ ttl }) => ttl },
    { id: 'type', title: 'Type', cell: ({ type }) => type },
    { id: 'value', title: 'Value', cell: ({ value }) => <code class="anywhere">{value}</code> },
    { id: 'set', title: 'Set', cell: ({ set }) => <Who zone={zone} origin={set} /> },
    {
      id: 'confirmed',
      title: 'Confirmed last',
      minor: true,
      cell: ({ set, confirmed }) => confirmed.seq !== set.seq && <Who zone={zone} origin={confirmed} />,
    },
  ]
}

function Who({ zone, origin }: { readonly zone: string; readonly origin: Origin }) {
  return (
    <>
      <Identity by={origin.by} />{' '}
      <a href={pathTo('/zones/:zone/history/:seq', { zone, seq: String(origin.seq) })}>
        <Time at={origin.time} />
      </a>
    </>
  )
}

function asText(moment: ReturnType<typeof momentFromAddress>): Record<string, string> {
  return Object.fromEntries(Object.entries(moment).map(([name, value]) => [name, String(value)]))
}
