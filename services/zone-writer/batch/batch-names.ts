import { Class } from '../../../shared/dns/codes.ts'
import { canonicalName, type Name } from '../../../shared/dns/name.ts'
import { namesTouched } from '../decide/apply.ts'
import type { ReadCommand } from './read-commands.ts'

/** The names of each zone that the batch can look at. */
export function namesWanted(commands: readonly ReadCommand[]): ReadonlyMap<number, ReadonlySet<Name>> {
  const names = new Map<number, Set<Name>>()
  for (const { command, message } of commands) {
    const wanted = names.get(command.zoneId) ?? new Set([command.zone])
    names.set(command.zoneId, wanted)
    if (!message.ok) continue
    const { answers, authorities } = message.value
    for (const name of namesTouched(command.zone, [...answers, ...authorities])) wanted.add(name)
  }
  return names
}

/** Names at which whoever sent the batch expects something to be: those of deletions, and of prerequisites that something is there. */
export function namesInUse(commands: readonly ReadCommand[]): ReadonlyMap<number, ReadonlySet<Name>> {
  const names = new Map<number, Set<Name>>()
  for (const { command, message } of commands) {
    if (!message.ok) continue
    const { answers, authorities } = message.value
    const expected = [
      ...answers.filter((one) => one.class !== Class.NONE),
      ...authorities.filter((one) => one.class !== Class.IN),
    ]
    if (expected.length === 0) continue
    const found = names.get(command.zoneId) ?? new Set()
    names.set(command.zoneId, found)
    for (const { name } of expected) found.add(canonicalName(name))
  }
  return names
}
