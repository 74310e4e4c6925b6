import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { applyUpdates } from '../../services/zone-writer/decide/apply.ts'
import { Type } from '../../shared/dns/codes.ts'
import { ZoneContents } from '../../shared/zone-contents.ts'
import { Dice } from '../clients/random-updates.ts'
import {
  APEX,
  asHistory,
  equal,
  faultOf,
  type History,
  lostOfOthers,
  randomHistory,
  replayed,
  textOf,
  type UndoneWorld,
  undo,
  type World,
} from './undo-model.ts'

const HISTORIES = 100_000

describe(`undo, over ${HISTORIES} random histories`, () => {
  it('is a replay without those events where it finds no conflict; undone it restores; it leaves a zone, and what others asked for', () => {
    const dice = new Dice(20261126)
    const seen = { free: 0, conflicts: 0, nothing: 0 }
    for (let at = 0; at < HISTORIES; at++) {
      const history = randomHistory(dice)
      const now = history.worlds.at(-1)!
      const [undone, forced] = undo(history, false, true) as [UndoneWorld, UndoneWorld]
      const told = () => `history ${at}\n${describeHistory(history)}\nundone\n${textOf(undone.world)}`
      if (undone.conflicts + undone.ignored === 0) {
        if (undone.changes > 0) seen.free++
        else seen.nothing++
        if (!equal(undone.world, replayed(history)))
          assert.fail(`${told()}\nreplayed\n${textOf(replayed(history))}`)
      } else seen.conflicts++
      if (!equal(undo(asHistory(now, undone.world), false)[0]!.world, now))
        assert.fail(`undo of the undo: ${told()}`)
      for (const { world } of [undone, forced])
        if (faultOf(world) !== undefined) assert.fail(`${faultOf(world)}: ${told()}`)
      const lost = lostOfOthers(history, undone.world)
      if (lost !== undefined) assert.fail(`${lost} is gone: ${told()}`)
    }
    for (const [kind, least] of [
      ['free', 0.2],
      ['conflicts', 0.1],
      ['nothing', 0.05],
    ] as const)
      assert.ok(seen[kind] > HISTORIES * least, JSON.stringify(seen))
  })

  it('the model that they are made with applies updates as the writer does', () => {
    const dice = new Dice(7)
    for (let at = 0; at < 2_000; at++) {
      const { events, worlds } = randomHistory(dice)
      for (const [index, { asked }] of events.entries()) {
        if (asked === undefined) continue
        const draft = applyUpdates(new ZoneContents(APEX, rrsetsOf(worlds[index]!)), asked)
        for (const { name, after } of draft.touched()) {
          const real = [...after.values()].flatMap(({ type, ttl, values }) =>
            [...values.keys()].map((key) => `${type} ${ttl} ${key}`),
          )
          const model = rrsetsOf(worlds[index + 1]!, name).flatMap(({ type, ttl, rdata }) =>
            rdata.map((one) => `${type} ${ttl} ${Buffer.from(one).toString('latin1')}`),
          )
          assert.deepEqual(real.sort(), model.sort())
        }
      }
    }
  })
})

function rrsetsOf(world: World, only?: string) {
  return [...world].flatMap(([name, sets]) =>
    only !== undefined && name !== only
      ? []
      : [...sets].map(([type, { ttl, values }]) => ({
          name,
          type,
          ttl,
          rdata: [...values.values()].map(({ rdata }) => rdata),
        })),
  )
}

function describeHistory({ events, worlds }: History): string {
  const lines = events.map(({ seq, selected, asked }, index) => {
    const what = asked?.map(
      ({ name, type, class: class_, ttl, rdata }) =>
        `${class_ === 1 ? 'add' : 'delete'} ${name} ${type === Type.ANY ? 'ANY' : type} ${ttl} ${Buffer.from(rdata).toString('hex')}`,
    )
    return `#${seq}${selected ? '*' : ''} ${what?.join('; ') ?? 'import'}\n${textOf(worlds[index + 1]!)}`
  })
  return [textOf(worlds[0]!), ...lines].join('\n')
}
