import type { BlameLine, LeaseEnd, Origin } from '../../services/zone-writer/history/blame.ts'
import { durationText } from '../../shared/zone-settings.ts'
import { zonePath } from '../api-client.ts'
import { AS_OF_OPTIONS, asOfQuery } from '../as-of.ts'
import type { Command } from '../command.ts'
import { DELETED_OPTION, zoneMeant } from '../deleted.ts'
import type { Terminal } from '../terminal.ts'
import { atTime } from '../time.ts'

export const blame: Command = {
  words: 'blame',
  summary:
    'Show for each value of a zone, or of one name, who set it and when, what it replaced, who confirmed it last',
  takes: ['ZONE', '[NAME]'],
  options: { ...AS_OF_OPTIONS, ...DELETED_OPTION },
  examples: [
    'zonelog blame example.com',
    'zonelog blame example.com www.example.com',
    'zonelog blame example.com www.example.com --time 7d',
    'zonelog blame example.com --json | jq -r \'select(.set.by == "key:router.") | .name\'',
  ],
  run: async (call) => {
    const { args, options, api, terminal, json } = call
    const moment = Object.fromEntries(new URLSearchParams(asOfQuery(options)))
    const lines = api.lines<BlameLine>(zonePath(await zoneMeant(call), '/blame'), {
      ...moment,
      record: args[1],
    })
    for await (const line of lines)
      if (json) await terminal.pour(`${JSON.stringify(line)}\n`)
      else await terminal.pour(textOf(terminal, line))
  },
}

function textOf(terminal: Terminal, line: BlameLine): string {
  const { name, ttl, type, value, set, replaced, confirmed, lease } = line
  const lines = [
    terminal.colour('bold', `${name} ${ttl} ${type} ${value}`),
    `    set       ${originText(set)}`,
    ...replaced.map((record) => `    replaced  ${terminal.colour('red', record)}`),
    ...(confirmed.seq === set.seq ? [] : [`    confirmed ${originText(confirmed)}`]),
    ...(lease === undefined ? [] : [`    lease     ${leaseEndText(lease)}`]),
  ]
  return `${lines.join('\n')}\n`
}

function leaseEndText({ seconds, endsAt, heldBy }: LeaseEnd): string {
  if (heldBy !== undefined) return `of ${durationText(seconds)}, held by ${heldBy}`
  return `of ${durationText(seconds)}, removed at ${atTime(endsAt)} unless refreshed`
}

function originText({ seq, time, by, address, transport, kind }: Origin): string {
  if (time === '') return `#${seq}, an event that is no longer kept`
  const how = kind === 'update' ? transport : kind
  return `#${seq}  ${atTime(time)}  ${by}  ${address}  ${how}`
}
