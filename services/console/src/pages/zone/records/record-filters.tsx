import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { Button } from '../../../parts/button.tsx'
import type { Destination } from '../../../parts/cursor-pages.ts'
import { SelectField, TextField } from '../../../parts/field.tsx'
import { query, setQuery } from '../../../routing/location.ts'

/** Which records are shown, and from where on. */
export function RecordFilters({
  zone,
  types,
  onGo,
  children,
}: {
  readonly zone: string
  /** How many records there are of each. */
  readonly types: Readonly<Record<string, number>>
  readonly onGo: (destination: Destination) => void
  readonly children: ComponentChildren
}) {
  const [name, setName] = useState('')
  const go = () => {
    const text = name.trim().toLowerCase()
    onGo(text === '' || text === '@' || text === zone ? 'first' : { from: text })
  }
  return (
    <div class="filters">
      <TextField
        label="Name"
        type="search"
        mono
        placeholder="part of a name"
        value={query.value.get('name') ?? ''}
        onInput={(value) => setQuery({ name: value })}
      />
      <SelectField
        label="Type"
        value={query.value.get('type') ?? ''}
        choices={[{ value: '', label: 'all types' }, ...choicesOf(types, query.value.get('type'))]}
        onInput={(value) => setQuery({ type: value })}
      />
      <form
        class="filters"
        aria-label="Go to a name"
        onSubmit={(event) => {
          event.preventDefault()
          go()
        }}
      >
        <TextField
          label="Go to name"
          mono
          placeholder="where names begin so"
          value={name}
          onInput={setName}
        />
        <div class="actions">
          <Button type="submit">Go</Button>
          <Button onClick={() => onGo('first')}>First</Button>
          <Button onClick={() => onGo('last')}>Last</Button>
        </div>
      </form>
      {children}
    </div>
  )
}

/** The one that is chosen is among them, before they are counted and when there are no more of it. */
function choicesOf(types: Readonly<Record<string, number>>, chosen: string | null) {
  const counted = Object.entries(types).map(([value, count]) => ({
    value,
    label: `${value} (${count.toLocaleString()})`,
  }))
  return chosen === null || chosen === '' || chosen in types
    ? counted
    : [...counted, { value: chosen, label: chosen }]
}
