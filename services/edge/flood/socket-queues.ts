import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** What waits to be read from one UDP socket, and what was lost since it was opened. */
export interface SocketQueue {
  readonly inode: string
  /** Octets of the receive buffer that are taken. */
  readonly octets: number
  /** Datagrams that the system dropped because the buffer was full. */
  readonly drops: number
}

const TABLES = ['/proc/net/udp', '/proc/net/udp6']
const OPEN_FILES = '/proc/self/fd'

/** Queues of the sockets with these inodes, as Linux tells them; none on systems that tell nothing. */
export function readQueues(inodes: ReadonlySet<string>): SocketQueue[] {
  return TABLES.flatMap((table) => parseQueues(readTable(table))).filter(({ inode }) => inodes.has(inode))
}

/** Inodes of all sockets that this process has open; other processes may have some at the same port. */
export function ownSockets(): ReadonlySet<string> {
  const links = attempt(() => readdirSync(OPEN_FILES), []).map((file) =>
    attempt(() => readlinkSync(`${OPEN_FILES}/${file}`), ''),
  )
  return new Set(links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []))
}

/** The table's columns are those of `udp4_seq_show` and `udp6_sock_seq_show` of Linux; lines that have others are left out. */
export function parseQueues(table: string): SocketQueue[] {
  return table.split('\n').flatMap((line) => {
    const columns = line.trim().split(/\s+/)
    const octets = Number.parseInt(columns[4]?.split(':')[1] ?? '', 16)
    const [inode = '', drops] = [columns[9], Number(columns[12])]
    return columns.length === 13 && Number.isInteger(octets) && Number.isInteger(drops)
      ? [{ inode, octets, drops }]
      : []
  })
}

function readTable(path: string): string {
  return attempt(() => readFileSync(path, 'latin1'), '')
}

function attempt<T>(read: () => T, otherwise: T): T {
  try {
    return read()
  } catch {
    return otherwise
  }
}
