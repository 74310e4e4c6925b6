import type { Alarm } from '../../overview/alarms.ts'
import type { OverviewJson } from '../../overview/overview.ts'
import { answerOf, count, listOf, oneOf, text } from '../openapi/schema.ts'
import { minute, missingWriter, peer } from './system.ts'

const alarm = answerOf<Alarm>(
  'Alarm',
  {
    severity: oneOf(['alarm', 'warning'], 'alarm: to be seen to now; warning: before long.'),
    what: text(),
    todo: text(),
  },
  { zone: text(), key: text() },
)

const secondariesSeen = answerOf<NonNullable<OverviewJson['secondaries']>>(
  'SecondariesSeen',
  {
    zones: count('Zones that name servers to notify.'),
    seen: count('Of those, how many the alarms tell of; some more are looked at every 10 s.'),
  },
  {},
)

export const overviewAnswer = answerOf<OverviewJson>(
  'Overview',
  {
    at: count('Ms since the epoch.'),
    zones: count(),
    events: count('That all zones ever had.'),
    minutes: listOf(
      minute,
      'What all writers decided in the last hour, minute by minute, oldest first; of a writer that crashed its last second may lack.',
    ),
    missing: listOf(missingWriter, 'Writers that were here of late and do not answer.'),
    alarms: listOf(alarm, 'What somebody should see to, the worst first.'),
  },
  {
    minutesFrom: count(
      'Ms since the epoch. To a token for some zones their updates are counted from their histories, of busy zones only from then on.',
    ),
    writers: listOf(peer),
    edges: listOf(peer),
    secondaries: secondariesSeen,
  },
)
