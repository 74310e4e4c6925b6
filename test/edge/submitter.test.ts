import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { EdgeMetrics } from '../../services/edge/metrics.ts'
import { Turns } from '../../services/edge/turns.ts'
import { Submitter } from '../../services/edge/update/submitter.ts'
import { silentLogger } from '../../shared/log.ts'
import { isConnected, isConnectedWithin } from '../../shared/messaging/connect.ts'
import { commandOf } from '../support/command.ts'
import { CommandStreams } from '../support/command-streams.ts'

const log = silentLogger()
let streams: CommandStreams

before(async () => {
  streams = await CommandStreams.prepare()
})
after(() => streams.close())

describe('an edge that loses NATS and has it again at once', () => {
  for (const time of [1, 2, 3])
    it(`refuses no update, at whatever moment it comes (${time})`, async () => {
      const { nats } = streams
      const { stages } = new EdgeMetrics()
      const submitter = new Submitter({
        ...{ nats, log, stages, edgeId: 'e', partitions: 16, mostInFlight: 10_000, turns: new Turns() },
        reach: () => undefined,
      })
      const answers: Promise<unknown>[] = []
      const losing = nats.reconnect()
      while (isConnected(nats)) {
        for (let count = 0; count < 3; count++)
          answers.push(submitter.submit(commandOf(1, new Uint8Array(12))))
        await nextTurn()
      }
      await losing
      assert.ok(await isConnectedWithin(nats, 10_000))
      await submitter.close(200)
      // no outcome comes of any: what has an answer was refused
      const refused = (await Promise.all(answers)).filter((answer) => answer !== undefined)
      assert.deepEqual([refused, answers.length > 0], [[], true])
    })
})
