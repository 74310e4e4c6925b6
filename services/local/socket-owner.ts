import { readdir, readFile, readlink } from 'node:fs/promises'

/** `named (process 123)`: who listens on a port of this machine, where Linux tells us; else undefined. */
export async function socketOwner(protocol: 'tcp' | 'udp', port: number): Promise<string | undefined> {
  const inodes = await listeningInodes(protocol, port)
  if (inodes.size === 0) return undefined
  for (const pid of await readdir('/proc').catch(() => [])) {
    if (!/^\d+$/.test(pid)) continue
    for (const fd of await readdir(`/proc/${pid}/fd`).catch(() => [])) {
      const target = await readlink(`/proc/${pid}/fd/${fd}`).catch(() => '')
      const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1]
      if (inode === undefined || !inodes.has(inode)) continue
      const name = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '')
      return `${name.trim()} (process ${pid})`
    }
  }
  return undefined
}

async function listeningInodes(protocol: 'tcp' | 'udp', port: number): Promise<Set<string>> {
  const inodes = new Set<string>()
  const hexPort = port.toString(16).toUpperCase().padStart(4, '0')
  for (const table of [`/proc/net/${protocol}`, `/proc/net/${protocol}6`]) {
    for (const line of (await readFile(table, 'utf8').catch(() => '')).split('\n').slice(1)) {
      const [, local, , state, , , , , , inode] = line.trim().split(/\s+/)
      const isListening = protocol === 'udp' || state === '0A'
      if (inode !== undefined && isListening && local?.endsWith(`:${hexPort}`)) inodes.add(inode)
    }
  }
  return inodes
}
