import type { Deployment } from '../deployment/deployment.ts'
import type { DatabaseLine } from '../network/database-line.ts'
import type { Random } from '../random.ts'
import type { Back, Fault, FaultKind } from './fault.ts'

/** Updates flow again so soon: Postgres is there all the time. */
const AIM_MS = 2_000

export function linesOf({ writers }: Deployment): readonly DatabaseLine[] {
  return writers.map(({ line }) => line)
}

interface LineFault extends Pick<FaultKind, 'name' | 'weight'> {
  readonly hits: 'commits cut' | 'commits stalled' | 'connections cut'
  readonly act: (lines: readonly DatabaseLine[], random: Random) => void
  readonly back?: (lines: readonly DatabaseLine[]) => Back
}

/** Something done to the lines between writers and Postgres that is over by itself. */
function onLines({ name, weight, hits, act, back }: LineFault): FaultKind {
  return {
    ...{ name, weight, hits, aimMs: AIM_MS },
    begin: async (deployment, random): Promise<Fault> => {
      const lines = linesOf(deployment)
      const count = () => lines.reduce((sum, { counts }) => sum + counts[hits], 0)
      const before = count()
      act(lines, random)
      return {
        what: 'lines of all writers',
        lastsMs: random.between(300, 1_500),
        heal: async () => {
          for (const line of lines) line.calm()
        },
        othersTakeOver: false,
        ...(back === undefined ? {} : { back: back(lines) }),
        edgesHit: [],
        counted: () => count() - before,
      }
    },
  }
}

/** Mostly shorter than the limit of a statement; at times longer, and now and then longer than a writer waits for a whole commit. */
function stallMs(random: Random): number {
  const dice = random.next()
  if (dice < 0.1) return random.between(38_000, 42_000)
  return dice < 0.3 ? random.between(7_000, 9_000) : random.between(500, 5_000)
}

export const LINE_FAULTS: readonly FaultKind[] = [
  onLines({
    name: 'connection cut after COMMIT was sent',
    weight: 4,
    hits: 'commits cut',
    act: (lines, random) => {
      for (const line of lines) line.cutAfterCommits(1 + random.below(3))
    },
  }),
  onLines({
    name: 'connection stalled after COMMIT was sent',
    weight: 2,
    hits: 'commits stalled',
    act: (lines, random) => {
      const ms = stallMs(random)
      for (const line of lines) line.stallAfterCommits(1 + random.below(2), ms)
    },
    back: (lines) => ({
      what: 'the stalls were over',
      isThere: async () => {
        await Promise.all(lines.map((line) => line.stallsOver()))
      },
    }),
  }),
  onLines({
    name: 'connections to Postgres cut',
    weight: 2,
    hits: 'connections cut',
    act: (lines, random) => random.pick(lines).cut(),
  }),
]
