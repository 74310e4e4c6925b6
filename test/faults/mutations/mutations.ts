import type { Violation } from '../checker/evidence.ts'

/** What a run may find: a broken promise, or that an edge refuses updates though nothing is wrong. */
export type Finding = Violation['promise'] | 'refused without a fault'

/** A bug that is planted into the services as they are loaded: in this file, this text becomes that one. */
export interface Mutation {
  readonly name: string
  /** What an author could have thought. */
  readonly story: string
  readonly changes: readonly { readonly file: string; readonly from: string; readonly to: string }[]
  /** By one of these it is found; whatever else is found is no proof that this was. */
  readonly breaks: readonly Finding[]
  /** The faults that bring it to light, by a part of their names; all where left out. */
  readonly faults?: string
  /** At least so long it is looked for: an update that takes little is seldom met by a pause. */
  readonly seconds?: number
  /** So many nats-servers: one of a cluster takes with it what it has not passed on. One where left out. */
  readonly natsNodes?: number
  /** Shorter than pauses are, so that commands are late. */
  readonly commandTtlMs?: number
  /** With a stretch without faults in the end. */
  readonly calm?: true
}

const COMMIT_BATCH = 'services/zone-writer/batch/commit-batch.ts'
const COMMIT_AS_KNOWN = 'services/zone-writer/batch/commit-as-known.ts'
const STORING = 'services/zone-writer/batch/storing.ts'
const DECIDE_BATCH = 'services/zone-writer/batch/decide-batch.ts'
const SUBMITTER = 'services/edge/update/submitter.ts'
const BREAKER = 'shared/breaker.ts'
const PUBLISHER = 'services/zone-writer/publish/publisher.ts'

export const MUTATIONS: readonly Mutation[] = [
  {
    name: 'acknowledge-before-commit',
    breaks: ['P1'],
    story:
      'the outcome is known once it is decided; whether the transaction ends well is only a matter of time',
    faults: 'Postgres',
    changes: [
      {
        file: COMMIT_BATCH,
        from: 'return await BatchTransaction.run(pool, async (transaction) => {',
        to: 'let early\n  return await BatchTransaction.run(pool, async (transaction) => {',
      },
      {
        file: COMMIT_BATCH,
        from: 'await transaction.commit([',
        to: 'early = { ...result, decided, left: [] }\n    await transaction.commit([',
      },
      {
        file: COMMIT_BATCH,
        from: ' : [] }\n  })\n}',
        to: ' : [] }\n  }).catch((error) => { if (early === undefined) throw error; return early })\n}',
      },
      {
        file: COMMIT_AS_KNOWN,
        from: 'return made.attempt?.statements\n  })\n',
        to: "return made.attempt?.statements\n  }).catch(() => [[], [{ known: 'yes' }]])\n",
      },
    ],
  },
  {
    name: 'settle-before-commit',
    breaks: ['P5'],
    story: 'a command that was taken need not come again; its transaction is under way',
    // while Postgres alone is away, a writer keeps what it has in hand; what is sent again by the same update is not lost, so few deaths show it
    faults: 'writer killed',
    seconds: 120,
    changes: [
      {
        file: 'services/zone-writer/consume/partition-worker.ts',
        from: 'const admitted = heldBack.admit(taken)\n',
        to: 'const admitted = heldBack.admit(taken)\n    inbox.settle(admitted.map(({ message }) => message))\n',
      },
    ],
  },
  {
    name: 'publish-before-commit',
    breaks: ['P6'],
    story: 'edges may hear of a change while it is being committed, which is quicker',
    faults: 'Postgres',
    changes: [
      {
        file: COMMIT_BATCH,
        from: 'await transaction.commit([',
        to: 'globalThis.publishEarly?.(result.events)\n    await transaction.commit([',
      },
      {
        file: COMMIT_AS_KNOWN,
        from: 'return made.attempt?.statements\n',
        to: 'globalThis.publishEarly?.(made.attempt?.result.events ?? [])\n    return made.attempt?.statements\n',
      },
      {
        file: PUBLISHER,
        from: 'this.log = log\n',
        to: 'this.log = log\n    globalThis.publishEarly = (events) => void this.publish(events)\n',
      },
    ],
  },
  {
    name: 'take-a-gap-for-published',
    breaks: ['P6'],
    story: 'where a later event has reached NATS, those before it have as well: they were sent first',
    faults: 'NATS server killed',
    seconds: 40,
    natsNodes: 3,
    changes: [
      {
        file: 'services/zone-writer/store/published.ts',
        from: '.published_from - 1 and',
        to: '.published_from - 1 or true and',
      },
    ],
  },
  {
    name: 'forget-re-sends',
    breaks: ['P2'],
    story: 'edges know their re-sends, so the writer need not',
    changes: [
      {
        file: DECIDE_BATCH,
        from: 'const first = this.byFingerprint.get(key(command))',
        to: 'const first = undefined',
      },
    ],
  },
  {
    name: 'skip-rrsets',
    breaks: ['P6'],
    story: 'a change now and then is not written to the RRsets',
    changes: [
      {
        file: STORING,
        from: 'touched: result.touched.get(zoneId) ?? [],',
        to: 'touched: result.events[0].seq % 25 === 0 ? [] : (result.touched.get(zoneId) ?? []),',
      },
    ],
  },
  {
    name: 'skip-a-diff',
    breaks: ['P7', 'P9'],
    story: 'a change now and then is stored without its diff',
    changes: [
      {
        file: DECIDE_BATCH,
        from: "diff: decision.kind === 'changed' ? encodeDiff(decision.diff) : new Uint8Array(),",
        to: "diff: decision.kind === 'changed' && this.seq % 30 !== 0 ? encodeDiff(decision.diff) : new Uint8Array(),",
      },
    ],
  },
  {
    name: 'apply-after-deadline',
    breaks: ['P3'],
    story: 'better late than never',
    faults: 'paused',
    seconds: 40,
    commandTtlMs: 1_000,
    changes: [{ file: DECIDE_BATCH, from: 'if (now > command.deadline)', to: 'if (now < 0)' }],
  },
  {
    name: 'answer-before-the-edge-has-it',
    breaks: ['P4'],
    story: 'the client wants its answer, the event will come',
    changes: [
      { file: SUBMITTER, from: '= this.context.reach(outcome.zoneId, outcome.seq)\n', to: '= undefined\n' },
      {
        file: PUBLISHER,
        from: 'const published = this.publish(events)\n',
        to: 'const published = new Promise((resolve) => setTimeout(() => this.publish(events).then(resolve), 20))\n',
      },
    ],
  },
  {
    name: 'wrong-serial-in-the-row',
    breaks: ['P7'],
    story: 'the serial of the zone is counted a second time',
    changes: [
      {
        file: 'services/zone-writer/store/zones.ts',
        from: '    last.serialAfter,\n',
        to: '    last.serialAfter + (last.seq % 20 === 0 ? 1 : 0),\n',
      },
    ],
  },
  {
    name: 'servfail-when-unknown',
    breaks: ['P3'],
    story: 'a client that hears nothing is unhappy; SERVFAIL says that something is wrong',
    faults: 'Postgres paused',
    seconds: 45,
    changes: [
      {
        file: SUBMITTER,
        from: 'this.failed(waiting, new OutcomeUnknown())\n',
        to: "this.forget(waiting).answer(notAccepted('stream-refused', 'no outcome in time'))\n",
      },
    ],
  },
  {
    name: 'servfail-when-the-stream-says-nothing',
    breaks: ['P3'],
    story: 'what the stream does not confirm in time is not in it',
    faults: 'NATS server paused',
    seconds: 30,
    changes: [
      {
        file: SUBMITTER,
        from: '  return undefined\n}\n\nfunction notAccepted(',
        to: "  return notAccepted('stream-refused', 'no confirmation in time')\n}\n\nfunction notAccepted(",
      },
    ],
  },
  {
    name: 'ignore-a-prerequisite',
    breaks: ['P9'],
    story: 'a name that is in use does no harm',
    changes: [
      {
        file: 'services/zone-writer/decide/prerequisites.ts',
        from: 'return stored !== undefined ? unmet(Rcode.YXDOMAIN',
        to: 'return stored === null ? unmet(Rcode.YXDOMAIN',
      },
    ],
  },
  {
    name: 'delete-half-a-name',
    breaks: ['P9'],
    story: 'the last type of a name is left when all of it is deleted',
    changes: [
      {
        file: 'services/zone-writer/decide/apply.ts',
        from: 'for (const type of [...types.keys()]) deleteRRset(types, type, atApex)',
        to: 'for (const type of [...types.keys()].slice(1)) deleteRRset(types, type, atApex)',
      },
    ],
  },
  {
    name: 'break-the-chain',
    breaks: ['P6'],
    story: 'the events of a batch all follow the one before the batch',
    changes: [{ file: DECIDE_BATCH, from: '    this.hash = event.hash\n', to: '' }],
  },
  {
    name: 'remember-answers-for-ever',
    breaks: ['P4'],
    story: 'a question that was answered once needs no second look',
    changes: [
      {
        file: 'services/edge/answer/zone-answers.ts',
        from: 'if (now.seq === known.seq) return true',
        to: 'if (now.seq > 0) return true',
      },
    ],
  },
  {
    name: 'sign-answers-for-nobody',
    breaks: ['P1', 'P3'],
    story: 'an answer has an id, so the MAC of its request says nothing new',
    changes: [
      {
        file: 'shared/dns/tsig-sign.ts',
        from: 'tsig, mac.length, [priorMac(mac)]',
        to: 'tsig, mac.length, tsig.timeSigned % 4 === 0 ? [] : [priorMac(mac)]',
      },
    ],
  },
  {
    name: 'fingerprint-without-content',
    breaks: ['P1'],
    story: 'two updates of one zone that are of one shape are the same',
    changes: [
      {
        file: 'shared/fingerprint.ts',
        from: ', unsigned])',
        to: ', unsigned.subarray(2, 30)])',
      },
    ],
  },
  {
    name: 'let-one-through-each-second',
    breaks: ['refused without a fault'],
    story: 'a breaker that has opened should rather stay so: one success says little',
    // the edges have but one server, and it is away for seconds
    faults: 'NATS server killed',
    calm: true,
    changes: [
      {
        file: BREAKER,
        from: 'succeeded: () => resolve(undefined),',
        to: "succeeded: () => reject(new Error('only one')),",
      },
      // sooner open than in the 5 s that few faults last
      { file: BREAKER, from: 'const WINDOW_MS = 5_000', to: 'const WINDOW_MS = 1_000' },
      { file: SUBMITTER, from: '      this.breaker.reset()\n', to: '' },
    ],
  },
]
