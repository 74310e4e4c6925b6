import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { pino } from 'pino'
import { NotifyExchange } from '../../services/edge/notify/exchange.ts'
import { HostAddresses } from '../../services/edge/notify/host-addresses.ts'
import { Notifier } from '../../services/edge/notify/notifier.ts'
import { NotifyLog } from '../../services/edge/notify/notify-log.ts'
import { Pace } from '../../services/edge/notify/pace.ts'
import { RETRY_TIMES, Secondary, type Try } from '../../services/edge/notify/secondary.ts'
import { readSoaQuery } from '../../services/edge/notify/soa-query.ts'
import { besides, nameServerTargets, ownAddresses, placesOf } from '../../services/edge/notify/targets.ts'
import { apexOf } from '../../services/edge/zones/zone-apex.ts'
import { NotServed } from '../../services/edge/zones/zone-client.ts'
import type { CatalogZone } from '../../shared/catalog.ts'
import { Class, Opcode, Type } from '../../shared/dns/codes.ts'
import { encodeMessage } from '../../shared/dns/message.ts'
import { nameOf } from '../../shared/dns/name.ts'
import { notifyTarget } from '../../shared/transfers/notify-target.ts'
import {
  DEFAULT_TRANSFERS,
  readTransfers,
  type TransferSettings,
} from '../../shared/transfers/transfer-settings.ts'
import { catalogOf } from '../edge/answer-support.ts'
import { History } from '../edge/zones-support.ts'
import { until } from './patience.ts'

describe('the pace of NOTIFY messages', () => {
  it('lets those of a second leave at once, and the others in their turn, news first', async () => {
    const pace = new Pace(20)
    const left: string[] = []
    const send = async (what: string, isUrgent: boolean) => {
      await pace.turn(isUrgent).come
      left.push(what)
    }
    const first = Array.from({ length: 20 }, () => send('first', true))
    const again = send('again', false)
    const news = send('news', true)
    await Promise.all(first)
    assert.equal(pace.waiting, 2)
    await Promise.all([again, news])
    assert.deepEqual(left.slice(20), ['news', 'again'])
  })

  it('never lets more leave than the time that has gone by allows', async () => {
    let ms = 0
    const pace = new Pace(10, () => ms)
    let left = 0
    for (let count = 0; count < 50; count++) void pace.turn(false).come.then(() => left++)
    for (const [now, most] of [
      [0, 10],
      [500, 15],
      [501, 15],
      [900, 19],
    ] as const) {
      ms = now
      void pace.turn(false).come.then(() => left++)
      await new Promise(setImmediate)
      assert.equal(left, most)
    }
    pace.close()
  })
})

describe('the line of NOTIFY messages', () => {
  /** None may leave before `go`, then all, one in a tenth of a second. */
  function line() {
    let ms = 0
    const pace = new Pace(10, () => ms)
    for (let count = 0; count < 10; count++) pace.turn(true)
    const left: string[] = []
    const wait = (what: string, isUrgent: boolean) => {
      const turn = pace.turn(isUrgent)
      void turn.come.then(() => left.push(what))
      return turn
    }
    const go = async () => {
      for (; pace.waiting > 0; ms += 100) {
        // whoever joins the line has it go on
        pace.turn(false).giveUp()
        await new Promise(setImmediate)
      }
      pace.close()
      return left
    }
    return { pace, left, wait, go }
  }

  it('gives one turn in ten to what is said again, however much news there is', async () => {
    const { wait, go } = line()
    for (const what of ['again 1', 'again 2']) wait(what, false)
    for (let count = 0; count < 20; count++) wait('news', true)
    const left = await go()
    assert.deepEqual([left.indexOf('again 1'), left.indexOf('again 2')], [9, 19])
    assert.equal(left.length, 22)
  })

  it('lets what becomes news while it waits go before what is said again, once', async () => {
    const { pace, wait, go } = line()
    for (let count = 0; count < 3; count++) wait('again', false)
    const turn = wait('hurried', false)
    turn.hurry()
    turn.hurry()
    assert.equal(pace.waiting, 4)
    assert.deepEqual(await go(), ['hurried', 'again', 'again', 'again'])
  })

  it('takes no turn for what is not to be sent any more', () => {
    const { pace, wait } = line()
    const turn = wait('given up', false)
    turn.hurry()
    turn.giveUp()
    assert.equal(pace.waiting, 0)
    pace.close()
  })

  it('has a change that comes while the server waits to be told again go first; nothing waits for one that is closed', async () => {
    const { pace, left, wait, go } = line()
    const server = () => {
      const made: Secondary = new Secondary(notifyTarget({ host: '192.0.2.1', port: 53 }), async () => {
        await made.inTurn(pace)
        if (!made.isClosed) left.push('server')
        return { result: 'acknowledged', serial: 2 }
      })
      made.tell(1, false)
      return made
    }
    wait('again', false)
    const [one, other] = [server(), server()]
    assert.equal(pace.waiting, 3)
    other.close()
    assert.equal(pace.waiting, 2)
    one.tell(2, true)
    assert.deepEqual(await go(), ['server', 'again'])
    one.close()
  })
})

describe('what the log says of NOTIFY', () => {
  const refused = { failure: 'REFUSED', answered: true } as const
  const silent = { failure: 'no answer' } as const

  function notifyLog() {
    const said: string[] = []
    const log = pino(
      { level: 'info' },
      {
        write(line) {
          const { level, zone, to, failure } = JSON.parse(line)
          said.push(`${level >= 40 ? 'warn' : 'info'} ${to} ${zone} ${failure ?? ''}`.trim())
        },
      },
    )
    const notify = new NotifyLog(log)
    const about = (zone: string, to = '192.0.2.1:53') => ({ zone: nameOf(zone), to })
    return { notify, about, said }
  }

  it('that a server does not answer, once, however many zones and tries; and that it does again', () => {
    const { notify, about, said } = notifyLog()
    for (let time = 0; time < 3; time++)
      for (const zone of ['a.example', 'b.example']) notify.ended(about(zone), silent)
    assert.deepEqual(said, ['warn 192.0.2.1:53 a.example. no answer'])
    notify.ended(about('a.example'), 'acknowledged')
    notify.ended(about('b.example'), 'acknowledged')
    notify.ended(about('b.example'), 'acknowledged')
    assert.deepEqual(said.slice(1), ['info 192.0.2.1:53 b.example.'])
    notify.ended(about('a.example'), silent)
    assert.equal(said.length, 3)
  })

  it('that a server says no, once for each zone', () => {
    const { notify, about, said } = notifyLog()
    for (let time = 0; time < 3; time++)
      for (const zone of ['a.example', 'b.example']) notify.ended(about(zone), refused)
    notify.ended(about('a.example'), 'acknowledged')
    assert.deepEqual(said, [
      'warn 192.0.2.1:53 a.example. REFUSED',
      'warn 192.0.2.1:53 b.example. REFUSED',
      'info 192.0.2.1:53 a.example.',
    ])
  })

  it('nothing more of a zone that the server is not to be told of any more', () => {
    const { notify, about, said } = notifyLog()
    notify.ended(about('a.example'), silent)
    notify.forget(about('a.example'))
    notify.ended(about('b.example'), silent)
    assert.deepEqual(said, [
      'warn 192.0.2.1:53 a.example. no answer',
      'warn 192.0.2.1:53 b.example. no answer',
    ])
  })
})

describe('a server that does not acknowledge', () => {
  const target = notifyTarget({ host: '192.0.2.1', port: 53 })
  const failing: Try = { result: { failure: 'no answer' }, serial: 1 }

  it('is left alone for longer and longer, a quarter of an hour at most', async () => {
    assert.equal(RETRY_TIMES.mostMs, 15 * 60_000)
    const at: number[] = []
    const attempt = async () => {
      at.push(performance.now())
      return failing
    }
    const secondary = new Secondary(target, attempt, { ...RETRY_TIMES, firstMs: 20, mostMs: 80 })
    secondary.tell(1, true)
    await until('it was tried often', () => at.length === 7)
    secondary.close()
    const pauses = at.slice(1).map((time, index) => time - at[index]!)
    // never less than three quarters of what is due
    for (const [index, due] of [20, 40, 80, 80, 80, 80].entries())
      assert.ok(pauses[index]! >= due * 0.75 - 2, `${pauses[index]} ms where ${due} were due`)
  })

  it('is told sooner of news, but not of the same again', async () => {
    let tries = 0
    const attempt = async () => {
      tries++
      return failing
    }
    const secondary = new Secondary(target, attempt, { ...RETRY_TIMES, firstMs: 2_000, againMs: 0 })
    secondary.tell(1, true)
    await until('it was tried', () => secondary.status.failures === 1)
    secondary.tell(1, true)
    // more than an eighth of the pause
    await new Promise((done) => setTimeout(done, 400))
    assert.equal(tries, 1)
    secondary.tell(2, true)
    await until('it was tried at once', () => tries === 2, 500)
    secondary.close()
  })

  it('is told at once when it is heard of again, and lacks something', async () => {
    let tries = 0
    const attempt = async () => {
      tries++
      return failing
    }
    const secondary = new Secondary(target, attempt, { ...RETRY_TIMES, firstMs: 3_600_000, againMs: 0 })
    secondary.tell(7, true)
    await until('it was tried', () => secondary.status.failures === 1)
    secondary.seen(7, Date.now())
    await new Promise(setImmediate)
    assert.equal(tries, 1)
    secondary.seen(6, Date.now())
    await until('it was tried again', () => tries === 2)
    await until('that failed', () => secondary.status.failures === 2)
    secondary.isAlive()
    await until('and once more', () => tries === 3)
    secondary.close()
  })
})

describe('a server that acknowledges', () => {
  const target = notifyTarget({ host: '192.0.2.1', port: 53 })
  const told = (serials: readonly number[], most = 10) => {
    const sent: number[] = []
    // gives up, so that a loop without an end fails instead of going on
    const attempt = async (): Promise<Try> => {
      if (sent.length === most) return await new Promise(() => {})
      const serial = serials[Math.min(sent.length, serials.length - 1)]!
      sent.push(serial)
      return { result: 'acknowledged', serial }
    }
    return { sent, secondary: new Secondary(target, attempt) }
  }

  it('a newer serial than it was to be told of is told nothing more', async () => {
    const { sent, secondary } = told([0])
    secondary.tell(0xffff_ffff, true)
    await new Promise(setImmediate)
    secondary.close()
    assert.deepEqual(sent, [0])
    assert.equal(secondary.isPending, false)
  })

  it('an older one is told at once what it lacks, but not without a pause while there is nothing newer', async () => {
    const { sent, secondary } = told([1, 2])
    secondary.tell(2, true)
    await new Promise(setImmediate)
    assert.deepEqual(sent, [1, 2])
    assert.equal(secondary.isPending, false)
    secondary.tell(3, true)
    await new Promise(setImmediate)
    assert.deepEqual(sent, [1, 2, 2])
    assert.equal(secondary.isPending, true)
    secondary.close()
  })
})

describe('a round of NOTIFY that waits for addresses', () => {
  const ZONE = nameOf('example.com.')
  const OTHER = nameOf('other.example.')

  /** One zone with these NS hosts besides. `inZones` and `inDns` let the addresses come, of hosts in our zones and elsewhere. */
  function waiting(nameServer: string, messages = 0) {
    const zone = new History(1, `@ NS ${nameServer}`, ZONE).zoneAt(1)
    const other = new History(2, 'ns A 192.0.2.2\nalias A 192.0.2.2', OTHER).zoneAt(1)
    const held = catalogOf([zone, other])
    const [inZones, inDns] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    let entry = entryWith({ notify: ['127.0.0.1:9'] })
    let [asked, apexes, dns] = [0, 0, 0]
    let isAtHand = true
    const pace = new Pace(messages + 1)
    // what is left is all that is sent at once
    void pace.turn(true)
    const notifier = new Notifier({
      catalog: {
        ...held,
        zones: () => [entry],
        zoneById: () => entry,
        keysFor: () => [],
      },
      cache: {
        held: () => undefined,
        async get(wanted) {
          asked++
          await inZones.promise
          return isAtHand ? held.get(wanted) : undefined
        },
      },
      hosts: new HostAddresses({
        async resolve4() {
          dns++
          await inDns.promise
          return [{ address: '192.0.2.3', ttl: 300 }]
        },
        resolve6: async () => [],
      }),
      async askForApex() {
        apexes++
        return apexOf(zone)
      },
      askForHeads: () => Promise.reject(new NotServed('silence')),
      owns: () => true,
      isOwn: () => false,
      mostMode: 'yes',
      exchange: new NotifyExchange([]),
      pace,
      metrics: { sent: () => {} },
      log: pino({ level: 'silent' }),
      times: { gatherMs: 0, periodMs: 0, retry: { ...RETRY_TIMES, timeoutMs: 20, firstMs: 3_600_000 } },
    })
    return {
      notifier,
      pace,
      inZones,
      inDns,
      counts: () => ({ asked, apexes, dns }),
      told: () => notifier.statusOf(zone.id).map(({ target }) => target),
      /** Whether zones can be had. */
      atHand(is: boolean) {
        isAtHand = is
      },
      set(settings: Partial<TransferSettings>) {
        entry = entryWith(settings)
        notifier.settingsChanged(entry)
      },
    }
  }

  const entryWith = (settings: Partial<TransferSettings>): CatalogZone => ({
    id: 1,
    name: ZONE,
    rules: [],
    transfers: readTransfers({ ...DEFAULT_TRANSFERS, ...settings }),
  })

  it('tells nobody once the zone is not told of here any more', async () => {
    const { notifier, pace, inZones, counts } = waiting('ns.other.example.')
    notifier.changed(1)
    await until('the round waits', () => counts().asked === 1)
    notifier.zoneGone(1)
    inZones.resolve()
    for (let time = 0; time < 3; time++) await new Promise(setImmediate)
    assert.equal(pace.waiting, 0)
    notifier.close()
    pace.close()
  })

  it('comes again after events may have been missed, also when no writer says which zones changed', async () => {
    const { notifier, pace, counts, told, set } = waiting('ns.elsewhere.')
    set({ notify: ['127.0.0.1:9'], notifyMode: 'explicit' })
    await until('the zone is told of', () => told().length === 1)
    await notifier.eventsMissed()
    await until('it is asked for again', () => counts().apexes === 2)
    notifier.close()
    pace.close()
  })

  it('has an address that does not answer known for as long as it is to be told', async () => {
    const { notifier, pace, told, set } = waiting('ns.elsewhere.', 1)
    set({ notify: ['127.0.0.1:9'], notifyMode: 'explicit' })
    await until('it did not answer', () => notifier.knows('127.0.0.1'))
    set({ notifyMode: 'no' })
    await until('it is not to be told', () => told().length === 0)
    assert.equal(notifier.knows('127.0.0.1'), false)
    notifier.close()
    pace.close()
  })

  it('comes again by itself where the zone of an NS host cannot be had, for which servers that are named do not wait', async () => {
    const { notifier, pace, inZones, counts, told, atHand } = waiting('ns.other.example.')
    atHand(false)
    notifier.changed(1)
    await until('the round waits', () => counts().asked === 1)
    assert.deepEqual(told(), ['127.0.0.1:9'])
    inZones.resolve()
    await until('it comes again', () => counts().asked >= 3)
    assert.deepEqual(told(), ['127.0.0.1:9'])
    atHand(true)
    await until('the NS host is told', () => told().length === 2)
    assert.deepEqual(told(), ['127.0.0.1:9', '192.0.2.2:53'])
    notifier.close()
    pace.close()
  })

  it('needs no zone for NS hosts with names in the zone itself', async () => {
    const { notifier, pace, counts, told } = waiting(
      'ns2\n@ NS ns3\nns2 A 192.0.2.4\nns2 AAAA 2001:db8::4\nns3 A 192.0.2.5',
    )
    notifier.changed(1)
    await until('they are told', () => told().length === 4)
    assert.deepEqual(told(), ['127.0.0.1:9', '192.0.2.4:53', '[2001:db8::4]:53', '192.0.2.5:53'])
    assert.equal(counts().asked, 0)
    notifier.close()
    pace.close()
  })

  it('lets no NS host go because its zone cannot be had, but those that are not to be told any more', async () => {
    const { notifier, pace, inZones, counts, told, set, atHand } = waiting('ns.other.example.')
    inZones.resolve()
    notifier.changed(1)
    await until('both are told', () => told().length === 2)
    atHand(false)
    set({ notify: ['127.0.0.1:10'] })
    const { asked } = counts()
    await until('it looked in vain', () => counts().asked >= asked + 3)
    assert.deepEqual(told().sort(), ['127.0.0.1:10', '192.0.2.2:53'])
    set({ notify: ['127.0.0.1:10'], notifyMode: 'explicit' })
    await until('the NS host is not to be told', () => told().length === 1)
    notifier.close()
    pace.close()
  })

  it('tells a server once that the zone names by its name, whichever name', async () => {
    for (const [server, count] of [
      ['ns.other.example', 2],
      ['alias.other.example', 2],
      ['ns.other.example:5353', 3],
    ] as const) {
      const { notifier, pace, inZones, counts, told, set } = waiting('ns.other.example.')
      inZones.resolve()
      set({ notify: ['127.0.0.1:9', `xfr+${server}`] })
      await until('the round is over', () => counts().asked > 0 && told().length >= count)
      for (let time = 0; time < 5; time++) await new Promise(setImmediate)
      assert.equal(told().length, count, `${server}: ${told().join(' ')}`)
      notifier.close()
      pace.close()
    }
  })

  it('takes nothing back of what a later one said', async () => {
    const { notifier, pace, inDns, counts, told, set } = waiting('ns.elsewhere.')
    notifier.changed(1)
    await until('the round waits', () => counts().dns === 1 && told().length === 1)
    set({ notify: ['127.0.0.1:9', '127.0.0.1:10'] })
    await until('the other server is told', () => told().length === 2)
    inDns.resolve()
    await until('the NS host is told', () => told().includes('192.0.2.3:53'))
    for (let time = 0; time < 3; time++) await new Promise(setImmediate)
    assert.deepEqual(told().sort(), ['127.0.0.1:10', '127.0.0.1:9', '192.0.2.3:53'])
    notifier.close()
    pace.close()
  })

  it('tells nobody once a later one found that nobody is to be told', async () => {
    const { notifier, pace, inDns, counts, told, set } = waiting('ns.elsewhere.')
    notifier.changed(1)
    await until('the round waits', () => counts().dns === 1 && told().length === 1)
    set({ notifyMode: 'no' })
    await until('nobody is told', () => told().length === 0)
    inDns.resolve()
    for (let time = 0; time < 3; time++) await new Promise(setImmediate)
    assert.deepEqual(told(), [])
    notifier.close()
    pace.close()
  })
})

describe('which NS hosts are an edge itself', () => {
  const wildcard = [{ host: '0.0.0.0', port: 53 }]
  const local = () => ['127.0.0.1', '192.0.2.1']
  for (const [title, listens, address, expected] of [
    ['an address that it listens on', [{ host: '192.0.2.1', port: 53 }], '192.0.2.1', true],
    ['not with another port', [{ host: '192.0.2.1', port: 5300 }], '192.0.2.1', false],
    ['not another address', [{ host: '192.0.2.1', port: 53 }], '192.0.2.2', false],
    ['any of its machine when it listens on all', wildcard, '192.0.2.1', true],
    ['but no other', wildcard, '192.0.2.2', false],
  ] as const)
    it(title, () => assert.equal(ownAddresses(listens, local)(address, 53), expected))
})

describe('an NS host that the zone names as well', () => {
  const OTHER = nameOf('other.example.')
  const zone = new History(
    1,
    '@ NS ns.other.example.\n@ NS alias.other.example.\n@ NS ns3.other.example.',
  ).zoneAt(1)
  const other = new History(
    2,
    'ns A 192.0.2.2\nns AAAA 2001:db8::2\nalias A 192.0.2.2\nalias AAAA 2001:db8::2\nns3 A 192.0.2.3',
    OTHER,
  ).zoneAt(1)
  const catalog = catalogOf([zone, other])
  const hosts = new HostAddresses({ resolve4: async () => [], resolve6: async () => [] })
  const lookup = { catalog, cache: catalog, hosts, isOwn: () => false }
  const key = nameOf('xfr')

  it('by its name is told as the zone says alone, whatever other names it has', async () => {
    const named = [notifyTarget({ host: 'ns.other.example.', port: 53, key })]
    const found = await nameServerTargets(apexOf(zone), named, new Map(), lookup)
    assert.deepEqual([...found.hosts.keys()], ['alias.other.example.', 'ns3.other.example.'])
    const others = besides(await placesOf(named, apexOf(zone), lookup), found.here)
    assert.deepEqual(
      others.map(({ text }) => text),
      ['192.0.2.3:53'],
    )
  })

  it('with another port is told there too', async () => {
    const named = [notifyTarget({ host: 'ns.other.example.', port: 5353, key })]
    const found = await nameServerTargets(apexOf(zone), named, new Map(), lookup)
    assert.deepEqual([...found.hosts.keys()].sort(), [
      'alias.other.example.',
      'ns.other.example.',
      'ns3.other.example.',
    ])
    assert.equal(besides(await placesOf(named, apexOf(zone), lookup), found.here).length, found.here.length)
  })

  it('is told once, with the key that the zone gives it', () => {
    const at = (host: string, port = 53) => notifyTarget({ host, port })
    const named = [notifyTarget({ host: '192.0.2.1', port: 53, key: nameOf('xfr') })]
    const others = besides(named, [at('192.0.2.1'), at('192.0.2.2'), at('192.0.2.1', 5353)])
    assert.deepEqual(
      others.map(({ text }) => text),
      ['192.0.2.2:53', '192.0.2.1:5353'],
    )
  })
})

describe('whether a message asks for a SOA', () => {
  const question = { name: nameOf('Example.com') as never, type: Type.SOA, class: Class.IN }
  const message = (opcode: number, type: number) =>
    encodeMessage({ id: 1, opcode, questions: [{ ...question, type }] })
  it('is seen without the rest of it', () => {
    const query = message(Opcode.QUERY, Type.SOA)
    assert.equal(readSoaQuery(query), 'example.com.')
    assert.equal(readSoaQuery(message(Opcode.QUERY, Type.A)), undefined)
    assert.equal(readSoaQuery(message(Opcode.NOTIFY, Type.SOA)), undefined)
    for (let end = 0; end < query.length; end++) assert.equal(readSoaQuery(query.subarray(0, end)), undefined)
  })
})
