import { useEffect, useRef, useState } from 'preact/hooks'
import { Button } from '../../parts/button.tsx'
import { SelectField, TextField } from '../../parts/field.tsx'
import { setQuery } from '../../routing/location.ts'
import { addressOfFilter, type EventFilter, FILTERS, type FilterName } from './event-filter.ts'

const OUTCOMES = [
  'NOERROR',
  'REFUSED',
  'NXRRSET',
  'YXRRSET',
  'NXDOMAIN',
  'YXDOMAIN',
  'NOTZONE',
  'FORMERR',
  'SERVFAIL',
].map((value) => ({ value, label: value }))
const KINDS = [
  ['update', 'updates'],
  ['import', 'imports'],
  ['restore', 'restores'],
  ['undo', 'undos'],
  ['create', 'creation'],
  ['rebuild', 'rebuilds'],
  ['lease', 'ends of leases'],
  ['compact', 'compactions'],
  ['delete', 'deletion'],
  ['alarm', 'alarms'],
].map(([value, label]) => ({ value: value!, label: label! }))

/** What is typed goes to the address bar when it is sent, so that half a name asks for nothing. */
export function Filters({ filter }: { readonly filter: EventFilter }) {
  const [typed, setTyped] = useState<EventFilter>(filter)
  const last = useRef(filter)
  useEffect(() => {
    // only what changed in the address, so that what is typed and not sent stays
    const changed = FILTERS.filter((name) => filter[name] !== last.current[name])
    last.current = filter
    setTyped((before) => ({ ...before, ...Object.fromEntries(changed.map((name) => [name, filter[name]])) }))
  }, [JSON.stringify(filter)])
  const field = (name: FilterName) => ({
    value: typed[name] ?? '',
    onInput: (value: string) => setTyped((before) => ({ ...before, [name]: value })),
  })
  const choose = (name: FilterName) => (value: string) => {
    const next = { ...typed, [name]: value }
    setTyped(next)
    setQuery(addressOfFilter(next))
  }
  return (
    <form
      class="filters"
      aria-label="Filters"
      onSubmit={(event) => {
        event.preventDefault()
        setQuery(addressOfFilter(typed))
      }}
    >
      <TextField label="Name" mono placeholder="www" {...field('name')} />
      <TextField label="Type" mono placeholder="A" {...field('type')} />
      <TextField label="Who" mono placeholder="key or token" {...field('by')} />
      <TextField label="Address" mono placeholder="192.0.2.0/24" {...field('address')} />
      <SelectField
        label="Outcome"
        value={filter.outcome ?? ''}
        choices={[{ value: '', label: 'any' }, ...OUTCOMES]}
        onInput={choose('outcome')}
      />
      <SelectField
        label="Kind"
        value={filter.kind ?? ''}
        choices={[{ value: '', label: 'any' }, ...KINDS]}
        onInput={choose('kind')}
      />
      <TextField label="Since" mono placeholder="2h or 2026-11-25 10:00" {...field('since')} />
      <TextField label="Until" mono placeholder="now" {...field('until')} />
      <div class="actions">
        <Button kind="primary" type="submit">
          Filter
        </Button>
        <Button
          onClick={() => {
            setTyped({})
            setQuery(Object.fromEntries(FILTERS.map((name) => [name, undefined])))
          }}
        >
          Show all
        </Button>
      </div>
    </form>
  )
}
