import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Event } from '../../services/console/src/api/operations.ts'
import {
  KEPT,
  NO_EVENTS,
  withHeldShown,
  withNewer,
  withOlder,
} from '../../services/console/src/pages/history/event-window.ts'
import { ownerFrom, relativeTo } from '../../services/console/src/pages/leases/owner-name.ts'
import { draftRule, merged, textsOf } from '../../services/console/src/pages/rules/draft.ts'
import { isSame } from '../../services/console/src/pages/zone/records/record-draft.ts'
import { soaDraftOf, soaOf, withSoaSerial } from '../../services/console/src/pages/zone/records/soa-draft.ts'
import { CursorPages } from '../../services/console/src/parts/cursor-pages.ts'
import { inViewersZone } from '../../services/console/src/parts/typed-time.ts'
import { rebased } from '../../services/console/src/parts/use-draft.ts'
import {
  heightOf,
  rowsInSight,
  rowsTopAt,
  rowsTopToSee,
  scrollTopFor,
} from '../../services/console/src/parts/virtual-scroll.ts'
import { until } from '../support/until.ts'

const event = (seq: number) => ({ seq }) as Event
const between = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, index) => event(first + index))
const seqs = ({ events }: { readonly events: readonly Event[] }) => events.map(({ seq }) => seq)

describe('the console: rows that are scrolled', () => {
  const extent = { count: 1_000_000, rowHeight: 40, room: 600 }

  it('are all reached, the last as well, where browsers cannot scroll so far', () => {
    assert.equal(heightOf(extent), 15_000_000)
    assert.equal(rowsTopAt(extent, 15_000_000 - 600), 40_000_000 - 600)
    assert.deepEqual(rowsInSight(extent, 40_000_000 - 600), { first: 999_985, last: 999_999 })
  })

  it('stay in sight when the list grows', () => {
    const rowsTop = 12_345 * 40
    for (const count of [20_000, 400_000, 1_000_000]) {
      const now = { ...extent, count }
      assert.ok(Math.abs(rowsTopAt(now, scrollTopFor(now, rowsTop)) - rowsTop) < 1e-6)
    }
  })

  it('are scrolled no further than to see a row', () => {
    assert.equal(rowsTopToSee(extent, 400, 10), 400)
    assert.equal(rowsTopToSee(extent, 400, 9), 360)
    assert.equal(rowsTopToSee(extent, 400, 25), 440)
  })
})

describe('the console: the SOA that is typed', () => {
  const rrset = { name: 'z.test.', type: 'SOA', ttl: 300, values: ['ns.z.test. a\\.b.z.test. 17 2 3 4 5'] }

  it('shows its mail as people write it, and keeps all else', () => {
    const draft = soaDraftOf(rrset)
    assert.equal(draft.rname, 'a.b@z.test.')
    assert.deepEqual(soaOf(draft, 'z.test.', rrset), rrset)
  })

  it('takes mail with and without a final dot, and names below the zone', () => {
    const typed = { ...soaDraftOf(rrset), mname: 'ns1', rname: 'x.y@example.net', refresh: '9' }
    assert.deepEqual(soaOf(typed, 'z.test.', rrset).values, ['ns1.z.test. x\\.y.example.net. 17 9 3 4 5'])
  })

  it('is the same whatever its serial', () => {
    const moved = { ...rrset, values: [withSoaSerial(rrset.values[0]!, 18)] }
    assert.ok(isSame(rrset, moved))
    assert.ok(!isSame(rrset, { ...moved, ttl: 1 }))
  })
})

describe('the console: a page of a list that many rows came into', () => {
  it('is cut, and the rest is read when somebody gets there', async () => {
    let names = ['a', 'b', 'c', 'd']
    const most = 4
    const pages = new CursorPages<string>(
      async ({ after, upTo }) => {
        const rest = names.filter(
          (name) => (after === undefined || name > after) && (upTo === undefined || name <= upTo),
        )
        const rows = rest.slice(0, upTo === undefined ? 2 : most)
        return { rows, next: rows.length < rest.length ? rows.at(-1) : undefined, previous: after }
      },
      { keyOf: (row) => row, idOf: (row) => row },
    )
    const settled = async () => await until('all is read', () => !pages.isLoading)
    await settled()
    pages.want(0, 1)
    await settled()
    assert.deepEqual([pages.count, pages.isComplete], [4, true])
    names = ['a', 'aa', 'ab', 'ac', 'ad', 'ae', 'b', 'c', 'd']
    let last = 3
    pages.onMoved = (move) => {
      last = move(last)
    }
    pages.refresh(['ab'])
    pages.want(0, 1)
    await settled()
    assert.deepEqual([pages.at(3), pages.at(4)], ['ac', undefined])
    pages.want(0, 6)
    await settled()
    assert.deepEqual(
      Array.from({ length: pages.count }, (_, index) => pages.at(index)),
      names,
    )
    // the keyboard, which was at the last
    assert.equal(pages.at(last), 'd')
    pages.close()
  })
})

describe('the console: settings that others change while they are typed', () => {
  it('stay as typed where somebody typed, and else go with what is stored', () => {
    const before = { records: '100', lease: 'off' }
    assert.deepEqual(
      rebased({ records: '100', lease: '30m..1d' }, before, { records: '200', lease: '1h..2h' }),
      {
        records: '200',
        lease: '30m..1d',
      },
    )
  })
})

describe('the console: times that are typed', () => {
  const berlin = () => -60
  const stJohns = () => 210

  it('are in the viewer’s zone where they name none', () => {
    assert.equal(inViewersZone('2026-11-25 10:00', berlin), '2026-11-25T10:00+01:00')
    assert.equal(inViewersZone(' 2026-11-25t10:00:30 ', stJohns), '2026-11-25T10:00:30-03:30')
    assert.equal(inViewersZone('2026-11-25', berlin), '2026-11-25T00:00+01:00')
  })

  it('have the offset that holds on that day', () => {
    const asked: string[] = []
    inViewersZone('2026-07-01 12:00', (local) => asked.push(local))
    assert.deepEqual(asked, ['2026-07-01T12:00'])
  })

  it('stay as they are where they name a zone or are no time', () => {
    for (const text of ['2026-11-25T10:00Z', '2026-11-25T10:00+05:30', '2h', 'now', '17', '', 'yesterday'])
      assert.equal(inViewersZone(text, berlin), text)
    assert.equal(
      inViewersZone('2026-13-45', () => Number.NaN),
      '2026-13-45',
    )
  })
})

describe('the console: events that a page holds', () => {
  const first = withOlder(NO_EVENTS, between(5, 8).reverse(), 5)

  it('shows newer ones in front, each once', () => {
    const now = withHeldShown(withNewer(first, [event(8), event(9), event(11)]))
    assert.deepEqual(seqs(now), [11, 9, 8, 7, 6, 5])
    assert.equal(now.next, 5)
  })

  it('counts those that wait, and leaves what is read where it is', () => {
    const now = withNewer(withNewer(first, [event(9)]), [event(10)])
    assert.deepEqual(seqs(now), [8, 7, 6, 5])
    assert.equal(now.heldCount, 2)
    assert.deepEqual(seqs(withHeldShown(now)), [10, 9, 8, 7, 6, 5])
  })

  it('does not grow by itself, and older ones can be asked for from where it is cut', () => {
    const now = withHeldShown(withNewer(first, between(9, KEPT + 6)))
    assert.equal(now.events.length, KEPT)
    assert.equal(now.next, now.events.at(-1)!.seq)
    assert.equal(now.events.at(-1)!.seq, 7)
    const longer = withOlder(now, [event(6), event(5)], undefined)
    assert.equal(longer.events.length, KEPT + 2)
    const later = withHeldShown(withNewer(longer, [event(KEPT + 7)]))
    assert.equal(later.events.length, KEPT + 2)
    assert.equal(later.next, 6)
  })

  it('leaves no gap where more waited than are kept', () => {
    const waiting = withNewer(withNewer(first, between(9, 20)), between(21, KEPT + 20))
    assert.deepEqual([waiting.held.length, waiting.heldCount], [KEPT, KEPT + 12])
    const now = withHeldShown(waiting)
    assert.deepEqual([now.events.at(0)!.seq, now.events.at(-1)!.seq, now.next], [KEPT + 20, 21, 21])
  })
})

describe('the console: names of leased values', () => {
  const zone = 'example.com.'

  it('may be typed in full or within the zone', () => {
    for (const typed of ['printer', 'PRINTER ', 'printer.example.com', 'printer.example.com.'])
      assert.equal(ownerFrom(typed, zone), 'printer.example.com.')
    assert.deepEqual([ownerFrom('@', zone), ownerFrom('example.com', zone)], [zone, zone])
    assert.deepEqual([ownerFrom(' ', zone), ownerFrom('lan', '.')], [undefined, 'lan.'])
  })

  it('are shown within the zone', () => {
    assert.deepEqual(
      ['printer.example.com.', zone, 'myexample.com.'].map((name) => relativeTo(zone, name)),
      ['printer', '@', 'myexample.com.'],
    )
    assert.equal(relativeTo('.', 'lan.'), 'lan')
  })
})

describe('the console: a rule that is added to a draft', () => {
  const began = ['deny * name host MX', 'grant router name host A']
  const draft = (texts: readonly string[]) => texts.map(draftRule)
  const added = { rule: 'grant router name other A', at: 2 }

  it('stands before the rule that it is to come before, wherever that was moved', () => {
    const texts = ['grant laptop name www A', ...began]
    assert.deepEqual(textsOf(merged(draft(texts), began, added)), [
      'grant laptop name www A',
      began[0],
      added.rule,
      began[1],
    ])
  })

  it('is added once, and at the end where no place is named', () => {
    assert.deepEqual(textsOf(merged(draft([added.rule]), began, added)), [added.rule])
    assert.equal(textsOf(merged(draft(began), began, { ...added, at: 0 })).at(-1), added.rule)
  })
})
