import type { ExplainedTarget } from '../../services/zone-writer/explain/explain.ts'
import type { WantedRule } from '../../shared/rules/shortest-grant.ts'
import type { Terminal } from '../terminal.ts'

/** Each name and type with what every rule had to do with it. */
export function printTargets(
  terminal: Terminal,
  targets: readonly ExplainedTarget[],
  hidden: number,
  ruleCount: number,
): void {
  for (const { operation, name, type, allowed, sentence, rules } of targets) {
    terminal.line(`${operation} ${name} ${type}`)
    const width = Math.max(0, ...rules.map(({ rule }) => rule.length))
    for (const { position, rule, result, because } of rules) {
      const why = because === '' ? terminal.colour(result === 'grants' ? 'green' : 'red', result) : because
      terminal.line(`  ${String(position).padStart(2)}. ${rule.padEnd(width)}  ${why}`)
    }
    const unseen = ruleCount - rules.length
    if (unseen > 0) terminal.line(terminal.colour('dim', `      ${unseen} more were not looked at`))
    const mark = allowed ? terminal.colour('green', 'allowed') : terminal.colour('red', 'refused')
    terminal.line(`  ${mark}: ${sentence}`)
  }
  if (hidden > 0) terminal.line(terminal.colour('dim', `and ${hidden} more names and types`))
}

/** Commands that would allow it, ready to be pasted. */
export function printWanted(terminal: Terminal, zone: string, wanted: readonly WantedRule[]): void {
  if (wanted.length === 0) return
  terminal.line('This would allow it, and nothing else:')
  const shown = zone.replace(/(.)\.$/, '$1')
  for (const { rule, at, from } of wanted) {
    if (from !== undefined) terminal.line(`  zonelog rule remove ${shown} ${from}`)
    terminal.line(`  zonelog rule add ${shown} '${rule}'${at === undefined ? '' : ` --at ${at}`}`)
  }
}
