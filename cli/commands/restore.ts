import type { RestoredZone } from '../../services/zone-writer/admin/restore-zone.ts'
import { zonePath } from '../api-client.ts'
import { AS_OF_OPTIONS, asOfMoment } from '../as-of.ts'
import { CliError, type Command } from '../command.ts'
import { PREVIEW_OPTIONS, showAndChange } from '../put-back.ts'
import { atTime } from '../time.ts'

export const restore: Command = {
  words: 'restore',
  summary: 'Put a zone, or a part of it, back as it was at a moment, as one change with a new serial',
  takes: ['ZONE'],
  options: {
    ...AS_OF_OPTIONS,
    name: { type: 'string', value: 'NAME', what: 'only this name and what is below it' },
    type: { type: 'string', value: 'TYPE', multiple: true, what: 'only RRsets of this type' },
    ...PREVIEW_OPTIONS,
  },
  examples: [
    'zonelog restore example.com --time 2026-11-24T18:00Z',
    'zonelog restore example.com --serial 2026112403 --dry-run',
    'zonelog restore example.com --event 17 --name lab.example.com --yes',
  ],
  run: async (call) => {
    const { args, options } = call
    const moment = asOfMoment(options)
    if (moment === undefined) throw new CliError('Say to which moment: --serial N, --time T or --event N.', 2)
    const types = options.list('type')
    const rest = {
      ...(options.text('name') === undefined ? {} : { below: options.text('name') }),
      ...(types.length === 0 ? {} : { types }),
    }
    const at = moment.name === 'time' ? moment.value : Number(moment.value)
    await showAndChange<RestoredZone>(call, {
      path: zonePath(args[0]!, '/restore'),
      body: { [moment.name]: at, ...rest },
      // 2h is another moment when it is said again
      pinned: ({ to }) => ({ serial: undefined, time: undefined, event: to.seq }),
      remarks: ({ note }) => (note === undefined ? [] : [note]),
      done: describe,
    })
  },
}

function describe({ name, to, serial, serialBefore, removed, added, seq }: RestoredZone): string {
  const moment = `serial ${to.serial}, event #${to.seq}, ${atTime(to.time)} UTC`
  if (serial === serialBefore) return `zone ${name} is as it was at ${moment} already`
  return `zone ${name} restored to ${moment}: event #${seq}, serial ${serialBefore} → ${serial}, ${removed} records removed, ${added} added`
}
