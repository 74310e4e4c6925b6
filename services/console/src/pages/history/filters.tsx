import { useState } from 'preact/hooks'
import { Button } from '../../parts/button.tsx'
import { SelectField, TextField } from '../../parts/field.tsx'
import { setQuery } from '../../routing/location.ts'
import { type EventFilter, FILTERS, type FilterName } from './event-filter.ts'

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
  ['alarm', 'alarms'],
].map(([value, label]) => ({ value: value!, label: label! }))

/** What is typed goes to the address bar when it is sent, so that half a name asks for nothing. */
export function Filters({ filter }: { readonly filter: EventFilter }) {
  const [typed, setTyped] = useState<EventFilter>(filter)
  const field = (name: FilterName) => ({
    value: typed[name] ?? '',
    onInput: (value: string) => setTyped((before) => ({ ...before, [name]: value })),
  })
  const choose = (name: FilterName) => (value: string) => {
    setTyped((before) => ({ ...before, [name]: value }))
    setQuery({ [name]: value })
  }
  return (
    <form
      class="filters"
      aria-label="Filters"
      onSubmit={(event) => {
        event.preventDefault()
        setQuery(Object.fromEntries(FILTERS.map((name) => [name, typed[name]?.trim()])))
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
