import type { FastifyInstance } from 'fastify'
import { done, failure, type Outcome } from '../../admin/failure.ts'
import { zoneNamed } from '../../admin/names.ts'
import type { UndoSelection } from '../../admin/undo-selection.ts'
import { CONFLICT_MODES, type ConflictMode, undoEvents } from '../../admin/undo-zone.ts'
import { undoneZone } from '../answers/events.ts'
import { identityOf, sourceOf } from '../bearer.ts'
import type { ApiContext } from '../context.ts'
import { type EventQuery, eventFilterProperties, filterOf } from '../event-query.ts'
import { sendFailure } from '../problem.ts'
import { zoneParams } from '../schemas.ts'
import { Turns } from '../turns.ts'
import { changeProperties } from './restore.ts'

const { by, address, since, until, name, below, type } = eventFilterProperties

const undoBody = {
  type: 'object',
  additionalProperties: false,
  properties: {
    events: {
      type: 'array',
      minItems: 1,
      maxItems: 1_000,
      items: { type: 'string', minLength: 1, maxLength: 1_100 },
      description: 'These events: 12, #12, ZONE#12, or eventIds. Instead of all that follows.',
    },
    by,
    address,
    since,
    until,
    name: { ...name, description: 'Only what was done at this name.' },
    below: { ...below, description: 'Only what was done at this name and below it.' },
    type: { ...type, description: 'Only what was done to records of this type.' },
    conflicts: {
      type: 'string',
      enum: CONFLICT_MODES,
      default: 'skip',
      description: 'Leave conflicts, take them back as well, or do nothing when there is one.',
    },
    ...changeProperties,
  },
} as const

type Filters = Pick<EventQuery, 'by' | 'address' | 'since' | 'until' | 'name' | 'below' | 'type'>

interface UndoBody extends Filters {
  events?: string[]
  conflicts: ConflictMode
  dryRun?: boolean
  ifSeq?: number
}

/** Taking back what some events did. */
export function undoRoutes(app: FastifyInstance, { admin }: ApiContext): void {
  // each holds database connections for as long as it takes
  const turns = new Turns({ most: 2 })

  app.post<{ Params: { name: string }; Body: UndoBody }>(
    '/zones/:name/undo',
    {
      schema: {
        operationId: 'undoEvents',
        example: { by: 'laptop', since: '2h', dryRun: true },
        tags: ['history'],
        role: 'operator',
        response: { 200: undoneZone },
        problems: [
          'bad-name',
          'zone-not-found',
          'bad-point',
          'bad-filter',
          'event-not-found',
          'outside-history',
          'history-behind',
          'undo-conflicts',
          'changed-meanwhile',
          'not-a-zone',
          'zone-busy',
          'too-large',
        ],
        summary: 'Take back what some events did, and keep what others did since',
        params: zoneParams,
        body: undoBody,
      },
    },
    async (request, reply) => {
      const { events, conflicts, dryRun, ifSeq, ...filters } = request.body
      const selection = selectionOf(events, filters, admin.now())
      if (!selection.ok) return await sendFailure(reply, selection)
      // what comes while it waits for its turn is in its way
      const seen = await zoneNamed(admin.db, request.params.name)
      if (!seen.ok) return await sendFailure(reply, seen)
      const endTurn = await turns.takeFor(reply)
      try {
        const undone = await undoEvents(admin, {
          name: request.params.name,
          selection: selection.value,
          conflicts,
          ...(dryRun === undefined ? {} : { dryRun }),
          ...(ifSeq === undefined ? {} : { ifSeq }),
          began: seen.value.seq,
          by: identityOf(request),
          source: sourceOf(request),
        })
        return undone.ok ? undone.value : await sendFailure(reply, undone)
      } finally {
        endTurn()
      }
    },
  )
}

function selectionOf(events: string[] | undefined, filters: Filters, now: number): Outcome<UndoSelection> {
  const isFiltered = Object.values(filters).some((value) => value !== undefined)
  if (events !== undefined && isFiltered)
    return failure('bad-filter', 'Give events, or say which by name, identity, source and time, not both.')
  if (events !== undefined) return done({ kind: 'named', events })
  if (!isFiltered)
    return failure('bad-filter', 'Say which events: by number, identity, source, name or time.')
  const filter = filterOf(filters, now)
  return filter.ok ? done({ kind: 'matching', filter: filter.value }) : filter
}
