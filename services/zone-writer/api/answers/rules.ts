import type { Finding } from '../../../../shared/rules/import/finding.ts'
import type { WantedRule } from '../../../../shared/rules/shortest-grant.ts'
import type { Tried } from '../../admin/dry-run.ts'
import type { ChangedRules } from '../../admin/rules/change-rules.ts'
import type { ExplainedEvent, LaterChange } from '../../admin/rules/explain-event.ts'
import type { ExplainedUpdate, VerdictJson } from '../../admin/rules/explain-update.ts'
import { IMPORT_FORMATS, type ImportedRules } from '../../admin/rules/import-rules.ts'
import type { RuleChangeJson, RuleList } from '../../admin/rules/list-rules.ts'
import type { AskerVerdict, WhoCould } from '../../admin/rules/who-could.ts'
import type { ExplainedRule, ExplainedTarget } from '../../explain/explain.ts'
import type { ChangedVerdict, TriedRules } from '../../explain/tally.ts'
import { answerOf, count, flag, listOf, oneOf, text, time, triedField } from '../openapi/schema.ts'

const rules = listOf(text('Such as grant laptop. subdomain dyn.example.com. A AAAA.'), 'In order.')
const warnings = listOf(text())
const version = count('Grows with each change; given back with a change, it is made of this version only.')

export const ruleList = answerOf<RuleList>('RuleList', { zone: text(), version, rules }, {})

const change = {
  version: count(),
  at: time(),
  by: text(),
  change: text('Stable word, such as added, removed, replaced.'),
  detail: text(),
}

const ruleChange = answerOf<RuleChangeJson>('RuleChange', { ...change, rules }, {})

export const ruleChanges = answerOf<{
  zone: string
  changes: RuleChangeJson[]
  next: number | undefined
}>(
  'RuleChanges',
  { zone: text(), changes: listOf(ruleChange) },
  { next: count('`before` of the page that follows; not there on the last.') },
)

export const changedRules = answerOf<Tried<ChangedRules>>(
  'ChangedRules',
  { zone: text(), version, rules, changed: rules, warnings },
  triedField,
)

const finding = answerOf<Finding>(
  'Finding',
  {
    kind: oneOf(['refused', 'left-out', 'note']),
    line: count(),
    column: count(),
    word: text(),
    message: text(),
  },
  { file: text('Where there are several files.') },
)

export const importedRules = answerOf<ImportedRules>(
  'ImportedRules',
  {
    zone: text(),
    format: oneOf(IMPORT_FORMATS),
    rulesBefore: rules,
    rules,
    findings: listOf(finding),
    warnings,
    dryRun: flag(),
  },
  {},
)

const verdict = answerOf<VerdictJson>(
  'Verdict',
  {
    outcome: text('An rcode.'),
    section: text(),
    reason: text(),
    detail: text(),
    rule: text(),
    means: text('What the reason means.'),
    remedy: text('What to do.'),
  },
  {},
)

const explainedRule = answerOf<ExplainedRule>(
  'ExplainedRule',
  {
    position: count(),
    rule: text(),
    result: oneOf(['grants', 'denies', 'does not match']),
    because: text('Why it does not match; empty where it does.'),
  },
  {},
)

const target = answerOf<ExplainedTarget>(
  'ExplainedTarget',
  {
    operation: oneOf(['add', 'delete']),
    name: text(),
    type: text(),
    allowed: flag(),
    sentence: text(),
    rules: listOf(explainedRule, 'Up to the one that decided.'),
  },
  {},
)

const wanted = answerOf<WantedRule>('WantedRule', { rule: text() }, { at: count(), from: count() })

const explained = {
  asker: text(),
  targets: listOf(target),
  hidden: count('Targets more that are not shown.'),
  wanted: listOf(wanted, 'The least that would allow it.'),
  zone: text(),
  ruleCount: count(),
  notes: listOf(text()),
}

export const explainedUpdate = answerOf<ExplainedUpdate>(
  'ExplainedUpdate',
  { ...explained, allowed: flag(), verdict },
  {},
)

const askerVerdict = answerOf<AskerVerdict>(
  'AskerVerdict',
  {
    identity: text('As a rule has it, or a key that a wildcard of a rule covers.'),
    allowed: flag(),
    sentence: text(),
  },
  { exists: flag('Only where a key is named that the token sees: whether there is one.') },
)

export const whoCouldAnswer = answerOf<WhoCould>(
  'WhoCould',
  {
    zone: text(),
    ruleCount: count(),
    askerCount: count('Of all pages.'),
    askers: listOf(askerVerdict, 'In the order of the rules.'),
  },
  { next: count('`skip` of the page that follows; not there on the last.') },
)

const laterChange = answerOf<LaterChange>('LaterRuleChange', change, {})

export const explainedEvent = answerOf<ExplainedEvent>(
  'ExplainedEvent',
  {
    ...explained,
    event: text('ZONE#NUMBER.'),
    eventId: text(),
    time: time(),
    by: text(),
    prerequisites: listOf(text()),
    updates: listOf(text()),
    recorded: verdict,
    now: verdict,
    rulesChanged: listOf(laterChange),
  },
  {},
)

const changedVerdict = answerOf<ChangedVerdict>(
  'ChangedVerdict',
  {
    change: oneOf(['newly refused', 'newly allowed']),
    by: text(),
    source: text(),
    name: text(),
    type: text(),
    count: count(),
    events: listOf(text()),
    reason: text(),
    detail: text(),
  },
  {},
)

export const triedRules = answerOf<TriedRules>(
  'TriedRules',
  {
    zone: text(),
    updates: count(),
    refusedThen: count(),
    refusedNow: count(),
    newlyRefused: count(),
    newlyAllowed: count(),
    changed: listOf(changedVerdict),
    hidden: count('Updates of further kinds, which are not shown.'),
  },
  { since: text(), next: count('`after` of the request that goes on; not there at the end of the history.') },
)
