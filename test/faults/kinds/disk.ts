import { statfsSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { FaultKind } from './fault.ts'
import { AIM_MS, postgresBack } from './postgres.ts'

/** What is left for the programs that are running. */
const LEFT_OCTETS = 16_384
const PIECE = Buffer.alloc(1 << 20)

/** Fills the disk that Postgres has for itself (`--own-disk`), and makes room again. */
export const DISK_FAULTS: readonly FaultKind[] = [
  {
    name: 'disk of Postgres full',
    weight: 2,
    aimMs: AIM_MS,
    isPossible: ({ postgres }) => postgres.hasOwnDisk,
    begin: async (deployment, random) => {
      const { postgres } = deployment
      const ballast = join(postgres.folder, 'ballast')
      await fill(postgres.folder, ballast)
      return {
        what: 'primary',
        lastsMs: random.between(1_000, 4_000),
        heal: async () => {
          await rm(ballast, { force: true })
          // it ends where it cannot write its log
          if (postgres.hasEnded) await postgres.restart()
        },
        othersTakeOver: false,
        back: postgresBack(deployment),
        edgesHit: [],
      }
    },
  },
]

async function fill(folder: string, ballast: string): Promise<void> {
  for (;;) {
    const { bavail, bsize } = statfsSync(folder)
    const room = bavail * bsize - LEFT_OCTETS
    if (room <= 0) return
    await writeFile(ballast, PIECE.subarray(0, Math.min(room, PIECE.length)), { flag: 'a' }).catch(() => {})
    if (room < bsize) return
  }
}
