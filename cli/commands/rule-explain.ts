import type { ExplainedEvent } from '../../services/zone-writer/admin/rules/explain-event.ts'
import type { ExplainedUpdate, VerdictJson } from '../../services/zone-writer/admin/rules/explain-update.ts'
import { parseEventId } from '../../shared/event-id.ts'
import { zonePath } from '../api-client.ts'
import { type Call, CliError, type Command } from '../command.ts'
import { printTargets, printWanted } from '../rules/explanation-text.ts'
import type { Terminal } from '../terminal.ts'
import { atTime } from '../time.ts'

export const ruleExplain: Command = {
  words: 'rule explain',
  summary: 'Why an update is allowed or refused, rule by rule, and the shortest rule that would allow it',
  takes: ['[ZONE|ZONE#EVENT]'],
  options: {
    key: { type: 'string', value: 'KEY', what: 'the TSIG key that signs; unsigned without' },
    from: {
      type: 'string',
      value: 'ADDRESS',
      what: 'the address that it comes from; 127.0.0.1 unless given',
    },
    name: { type: 'string', value: 'NAME', what: 'relative to the zone without a final dot, @ is the apex' },
    type: { type: 'string', value: 'TYPE', what: 'the type; with --delete it may be left out: all types' },
    value: { type: 'string', value: 'RDATA', what: 'as in a zone file' },
    delete: { type: 'boolean', what: 'delete instead of add' },
    transport: { type: 'string', value: 'udp|tcp', what: 'udp unless given' },
    event: {
      type: 'string',
      value: 'ZONE#EVENT|ID',
      what: 'an update that was sent, as `log` and clients show it',
    },
  },
  examples: [
    'zonelog rule explain example.com --key laptop --from 192.0.2.7 --name laptop --type A',
    'zonelog rule explain example.com --from 10.0.0.5 --name host --delete',
    "zonelog rule explain 'example.com#42'",
    'zonelog rule explain --event 019ab8c4-5a0b-7f0e-8d57-0a1b2c3d4e5f --json',
  ],
  run: async (call) => {
    const { args, options } = call
    const event = options.text('event') ?? (args[0]?.includes('#') ? args[0] : undefined)
    if (event !== undefined) await explainEvent(call, event)
    else if (args[0] === undefined)
      throw new CliError('Say which zone, or which event: --event ZONE#EVENT.', 2)
    else await explainUpdate(call, args[0])
  },
}

async function explainUpdate({ options, api, terminal, json }: Call, zone: string): Promise<void> {
  const name = options.text('name')
  if (name === undefined)
    throw new CliError('--name is missing: which name is to be updated? @ is the apex.', 2)
  const given = (option: string) => {
    const text = options.text(option)
    return text === undefined ? {} : { [option]: text }
  }
  const explained = await api.post<ExplainedUpdate>(zonePath(zone, '/rules/explain'), {
    from: options.text('from') ?? '127.0.0.1',
    name,
    ...given('key'),
    ...given('type'),
    ...given('value'),
    ...given('transport'),
    ...(options.list('delete').length > 0 ? { delete: true } : {}),
  })
  if (json) return terminal.json(explained)
  terminal.line(explained.asker)
  printTargets(terminal, explained.targets, explained.hidden, explained.ruleCount)
  printVerdict(terminal, explained.verdict)
  printWanted(terminal, explained.zone, explained.wanted)
  for (const note of explained.notes) terminal.note(`note: ${note}`)
}

async function explainEvent({ api, terminal, json }: Call, id: string): Promise<void> {
  const place =
    parseEventId(id) ?? (await api.get<{ zone: string; seq: number }>(`/events/${encodeURIComponent(id)}`))
  const explained = await api.get<ExplainedEvent>(zonePath(place.zone, `/events/${place.seq}/explanation`))
  if (json) return terminal.json(explained)
  terminal.line(`${explained.event}  ${atTime(explained.time)} UTC  ${explained.asker}`)
  for (const line of [...explained.prerequisites, ...explained.updates].slice(0, 20))
    terminal.line(`  ${line}`)
  terminal.line('decided then:')
  printVerdict(terminal, explained.recorded)
  terminal.line('by the rules of then:')
  printTargets(terminal, explained.targets, explained.hidden, 0)
  if (explained.rulesChanged.length > 0) printChanges(terminal, explained)
  printWanted(terminal, explained.zone, explained.wanted)
  for (const note of explained.notes) terminal.note(`note: ${note}`)
}

function printChanges(terminal: Terminal, { rulesChanged, now }: ExplainedEvent): void {
  terminal.line('the rules have been changed since:')
  for (const { version, at, by, change, detail } of rulesChanged)
    terminal.line(`  version ${version}  ${atTime(at)} UTC  ${by}  ${change} ${detail}`)
  terminal.line('with what the zone held then, it would now be:')
  printVerdict(terminal, now)
}

function printVerdict(terminal: Terminal, { outcome, reason, detail, remedy }: VerdictJson): void {
  const colour = outcome === 'NOERROR' ? 'green' : 'red'
  terminal.line(`  ${terminal.colour(colour, outcome)} ${reason}${detail === '' ? '' : `: ${detail}`}`)
  if (remedy !== '') terminal.line(terminal.colour('dim', `  ${remedy}`))
}
