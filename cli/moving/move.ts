import { resolve } from 'node:path'
import { canonicalName, type Name, parseName } from '../../shared/dns/name.ts'
import type { Finding } from '../../shared/rules/import/finding.ts'
import { type Call, CliError, type Option } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { printTable } from '../table.ts'
import { carryOut, type MadeZone } from './carry-out.ts'
import { checkPlan, whatIsHere } from './check-plan.ts'
import type { MovePlan, PlannedZone, PlanOptions } from './plan.ts'
import { FROM_OPTION, primaryFrom } from './primary.ts'

export const MOVE_OPTIONS = {
  zone: {
    type: 'string',
    multiple: true,
    value: 'NAME',
    what: 'take this zone only; all primary zones unless given',
  },
  'dry-run': { type: 'boolean', what: 'only say what would be made' },
  skip: {
    type: 'boolean',
    what: 'go on where something is not understood or is here already: leave it out, and leave out zones that cannot be made',
  },
  root: {
    type: 'string',
    value: 'FOLDER',
    what: 'stands before absolute paths of the configuration: for files copied from another machine',
  },
  ...FROM_OPTION,
} as const satisfies Record<string, Option>

/** Carries a configuration of another server over: reads all, checks all, and only then changes something. */
export async function move(
  call: Call,
  read: (path: string, options: PlanOptions) => Promise<MovePlan>,
): Promise<void> {
  const { options, api, terminal, json } = call
  const path = resolve(call.args[0]!)
  const primary = await primaryFrom(options, 'from')
  const plan = await read(path, planOptions(call)).catch((error: NodeJS.ErrnoException) => {
    throw error.code === undefined ? error : new CliError(`${path} cannot be read (${error.code})`)
  })
  const here = await whatIsHere(api)
  await checkPlan(plan, here, primary === undefined)
  const dryRun = options.has('dry-run')
  const kept = without(plan, options.has('skip'))
  const findings = [plan.draft, ...plan.zones.map(({ draft }) => draft)].flatMap((draft) => draft.findings)
  const stops = isStopped(plan, options.has('skip'))
  const made = dryRun || stops ? undefined : await carryOut(call, kept, here, primary)
  const keys = kept.keys.filter(({ name }) => !here.keys.has(name)).map(({ name }) => name)
  if (json)
    terminal.json({
      from: plan.from,
      changed: made !== undefined,
      keys,
      zones: kept.zones.map((zone) => describe(zone, made)),
      findings,
    })
  else {
    printZones(call, kept.zones, made)
    if (keys.length > 0) terminal.line(`keys: ${keys.join(', ')}`)
    for (const finding of findings) terminal.note(findingText(finding, path))
  }
  if (stops) throw new CliError(STOPPED, EXIT.refused.status)
  if (dryRun) terminal.note('Nothing was changed: this was a dry run.')
}

const STOPPED =
  'Nothing was changed, since not all of it can be carried over (see above). Mend it, choose zones with --zone, or leave that out with --skip.'

function planOptions({ options }: Call): PlanOptions {
  const zones = options.list('zone').map((text): Name => {
    const name = parseName(text)
    if (!name.ok) throw new CliError(`--zone ${text}: ${name.reason}`, EXIT.usage.status)
    return canonicalName(name.value)
  })
  return { zones: new Set(zones), view: options.text('view'), root: options.text('root') ?? '' }
}

/** A fault of the file as a whole stops everything; what is left out does unless it may be. */
function isStopped({ draft, zones }: MovePlan, skip: boolean): boolean {
  const has = (findings: readonly Finding[], ...kinds: Finding['kind'][]) =>
    findings.some(({ kind }) => kinds.includes(kind))
  if (has(draft.findings, 'refused')) return true
  if (skip) return false
  return [draft, ...zones.map((zone) => zone.draft)].some(({ findings }) =>
    has(findings, 'left-out', 'refused'),
  )
}

/** Zones of which something is refused are not made in part. */
function without(plan: MovePlan, skip: boolean): MovePlan {
  const isWhole = ({ draft }: PlannedZone) => !draft.findings.some(({ kind }) => kind === 'refused')
  return skip ? { ...plan, zones: plan.zones.filter(isWhole) } : plan
}

function describe({ name, file, draft, transfers, settings }: PlannedZone, made?: readonly MadeZone[]) {
  const zone = made?.find((one) => one.name === name)
  const counts = zone && { serial: zone.serial, records: zone.records }
  return { name, file, ...counts, rules: draft.rules, transfers, settings }
}

function printZones({ terminal }: Call, zones: readonly PlannedZone[], made?: readonly MadeZone[]): void {
  if (zones.length === 0) return
  const madeOf = ({ name }: PlannedZone) => made?.find((zone) => zone.name === name)
  printTable(
    terminal,
    [
      { title: 'ZONE', text: ({ name }) => name, shrink: true },
      { title: 'SERIAL', text: (zone) => String(madeOf(zone)?.serial ?? '-'), align: 'right' },
      { title: 'RECORDS', text: (zone) => String(madeOf(zone)?.records ?? '-'), align: 'right' },
      {
        title: 'TRANSFER',
        text: ({ transfers }) => (transfers.allowTransfer ?? []).join(' ') || '-',
        below: 2,
      },
      { title: 'NOTIFY', text: ({ transfers }) => (transfers.notify ?? []).join(' ') || '-', below: 1 },
    ],
    zones,
    ({ draft }) => draft.rules,
  )
}

function findingText({ kind, file, line, column, word, message }: Finding, main: string): string {
  const sign = { refused: 'cannot be carried over', 'left-out': 'left out', note: 'note' }[kind]
  return `${file ?? main}:${line}:${column}${word === '' ? '' : ` '${word}'`}: ${sign}: ${message}`
}
