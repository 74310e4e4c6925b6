import type { ZoneSettings } from '../../api/operations.ts'
import { Button } from '../../parts/button.tsx'
import { SelectField, TextField } from '../../parts/field.tsx'
import { Form, ProblemNote, useSubmit } from '../../parts/form.tsx'
import { toast } from '../../parts/toast.tsx'
import { type Texts, useDraft } from '../../parts/use-draft.ts'
import { changesOf } from './changes-of.ts'
import { leaseFrom, leaseText } from './lease-text.ts'

const POLICIES = [
  { value: 'increment', label: 'one more each time' },
  { value: 'unixtime', label: 'seconds since 1970' },
  { value: 'date', label: 'YYYYMMDDnn' },
] as const

const LIMITS = [
  { name: 'maxRecords', label: 'Most records of the zone' },
  { name: 'maxRecordsPerRrset', label: 'Most records of an RRset' },
  { name: 'maxTypesPerName', label: 'Most types of a name' },
] as const

/** Only what was changed is sent: others may change the rest meanwhile, and limits need another role than the rest. */
export function LimitsForm({
  settings,
  disabled,
  limitsDisabled,
  save,
}: {
  readonly settings: ZoneSettings
  readonly disabled: boolean
  readonly limitsDisabled: boolean
  readonly save: (changes: Partial<ZoneSettings>) => Promise<unknown>
}) {
  const [{ policy = '', lease = '', ...numbers }, set] = useDraft(textsOf(settings))
  const leases = leaseFrom(lease)
  const faults = Object.fromEntries(
    Object.entries(numbers).map(([name, text]) => [name, numberFault(text, name === 'seconds' ? 1 : 0)]),
  )
  const faulty = leases === undefined || Object.values(faults).some((fault) => fault !== undefined)
  const { busy, problem, submit } = useSubmit(async () => {
    const limits = Object.fromEntries(LIMITS.map(({ name }) => [name, Number(numbers[name])]))
    const rate = { count: Number(numbers.count), seconds: Number(numbers.seconds) }
    const wanted = {
      ...settings,
      serialPolicy: policy as ZoneSettings['serialPolicy'],
      ...limits,
      maxUpdatesPerIdentity: rate,
    }
    const changes = changesOf(settings, leases === undefined ? wanted : { ...wanted, leases })
    if (changes !== undefined) await save(changes)
    toast('Settings saved')
  })
  const field = (name: string, label: string, hint?: string) => (
    <TextField
      key={name}
      label={label}
      inputMode="numeric"
      disabled={limitsDisabled}
      value={numbers[name] ?? ''}
      onInput={set(name)}
      error={faults[name]}
      hint={hint}
    />
  )
  return (
    <Form onSubmit={() => !faulty && submit()} label="Serials and limits">
      <SelectField
        label="New serials"
        value={policy}
        choices={POLICIES}
        disabled={disabled}
        onInput={set('policy')}
        hint="Serials only ever move forward."
      />
      <TextField
        label="Leases that updates are granted"
        mono
        value={lease}
        disabled={disabled}
        onInput={set('lease')}
        error={
          leases === undefined ? 'Expected the least and the longest, such as 30m..1d, or off.' : undefined
        }
        hint="30m..1d, or off: then all values stay until they are deleted (RFC 9664)."
      />
      {LIMITS.map(({ name, label }) =>
        field(name, label, name === 'maxRecords' ? '0 is no limit.' : undefined),
      )}
      <div class="row">
        {field('count', 'Updates of one identity')}
        {field('seconds', 'in so many seconds')}
      </div>
      <ProblemNote problem={problem} />
      {!disabled && (
        <Button kind="primary" type="submit" busy={busy} disabled={faulty}>
          Save
        </Button>
      )}
    </Form>
  )
}

function textsOf(settings: ZoneSettings): Texts {
  return {
    policy: settings.serialPolicy,
    lease: leaseText(settings.leases),
    ...Object.fromEntries(LIMITS.map(({ name }) => [name, String(settings[name])])),
    count: String(settings.maxUpdatesPerIdentity.count),
    seconds: String(settings.maxUpdatesPerIdentity.seconds),
  }
}

function numberFault(text: string, least: number): string | undefined {
  if (!/^\d+$/.test(text.trim())) return 'Expected a whole number.'
  return Number(text) < least ? `At least ${least}.` : undefined
}
