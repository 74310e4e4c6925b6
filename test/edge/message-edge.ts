import assert from 'node:assert/strict'
import type { Responder } from '../../services/edge/answer/responder.ts'
import { BoundedWork } from '../../services/edge/bounded-work.ts'
import { handleMessage, type MessageContext } from '../../services/edge/handle-message.ts'
import type { Answer } from '../../services/edge/listeners/listener.ts'
import { EdgeMetrics } from '../../services/edge/metrics.ts'
import { CondensedRoom } from '../../services/edge/transfers/condensed-room.ts'
import { refusedTransfers } from '../../services/edge/transfers/refused-transfers.ts'
import { Slots } from '../../services/edge/transfers/slots.ts'
import { TransferMetrics } from '../../services/edge/transfers/transfer-metrics.ts'
import { Transfers } from '../../services/edge/transfers/transfers.ts'
import type { TransfersContext } from '../../services/edge/transfers/transfers-context.ts'
import { type Refusal, RefusalLog } from '../../services/edge/update/refusal-log.ts'
import { RefusedSignatures } from '../../services/edge/update/refused-signatures.ts'
import { Resends } from '../../services/edge/update/resends.ts'
import { UpdateLimits } from '../../services/edge/update/update-limits.ts'
import type { CachedZone } from '../../services/edge/zones/cached-zone.ts'
import type { HistoryClient } from '../../services/edge/zones/history-client.ts'
import { NotServed } from '../../services/edge/zones/zone-client.ts'
import type { CatalogZone } from '../../shared/catalog.ts'
import type { UpdateCommand } from '../../shared/commands.ts'
import { type Name, nameOf } from '../../shared/dns/name.ts'
import { signMessage, type TsigKey } from '../../shared/dns/tsig.ts'
import { silentLogger } from '../../shared/log.ts'
import { parseRule } from '../../shared/rules/parse-rule.ts'
import { DEFAULT_TRANSFERS, readTransfers } from '../../shared/transfers/transfer-settings.ts'

export interface From {
  readonly address?: string
  readonly transport?: 'udp' | 'tcp'
  readonly isGone?: () => boolean
}

/** What an edge makes of messages about one zone that anybody may update, and 192.0.2.0/24 may transfer: all but its sockets and NATS. */
export class MessageEdge {
  readonly key: TsigKey = { name: nameOf('xfr.'), algorithm: 'hmac-sha256', secret: Buffer.alloc(32, 1) }
  readonly refusals: Refusal[] = []
  /** What clients of transfers are believed to have. */
  readonly serials: number[] = []
  /** Updates that were accepted. */
  readonly commands: UpdateCommand[] = []
  /** What the writers were asked, who do not answer. */
  readonly asked: string[] = []
  readonly slots = new Slots()
  private readonly context: MessageContext

  constructor(zone: CachedZone, responder: Responder, more: Partial<TransfersContext> = {}) {
    const rule = parseRule('grant * zonesub ANY', zone.apex)
    assert.ok(rule.ok)
    const entry: CatalogZone = {
      id: zone.id,
      name: zone.apex,
      rules: [rule.value],
      transfers: readTransfers({ ...DEFAULT_TRANSFERS, allowTransfer: ['192.0.2.0/24'] }),
    }
    const catalog = {
      zoneNamed: (name: Name) => (name === zone.apex ? entry : undefined),
      zones: () => [entry],
      keysFor: (name: Name) => (name === this.key.name ? [this.key] : []),
      keyNames: () => [this.key.name],
      sig0KeyFor: () => undefined,
    } as unknown as MessageContext['catalog'] & TransfersContext['catalog']
    const room = new CondensedRoom()
    const metrics = new EdgeMetrics()
    const log = silentLogger()
    const refusals = new RefusalLog({
      edgeId: 'e',
      now: Date.now,
      send: async () => {},
      onRefusal: () => {},
    })
    const add = refusals.add.bind(refusals)
    refusals.add = (refusal) => {
      this.refusals.push(refusal)
      return add(refusal)
    }
    this.context = {
      keyUsage: { add: () => {} },
      edgeId: 'e',
      commandTtlMs: 1_000,
      catalog,
      resends: new Resends(),
      limits: new UpdateLimits(100),
      turnedAway: new Resends(),
      refusedSignatures: new RefusedSignatures(Date.now),
      sig0Checks: new BoundedWork(1, 1),
      refusals,
      metrics,
      log,
      now: Date.now,
      submit: async (command) => {
        this.commands.push(command)
        const { id: commandId, zoneId } = command
        return { commandId, zoneId, seq: 1, eventSeq: 1, rcode: 0, reason: 'applied', detail: '' }
      },
      onResend: () => {},
      responder,
      transfers: new Transfers({
        catalog,
        cache: { get: () => zone, isExpired: () => false, mayCome: () => true },
        history: this.history(),
        slots: this.slots,
        room,
        metrics: new TransferMetrics(metrics, this.slots, room),
        log,
        now: Date.now,
        responder,
        onRefusal: refusedTransfers(refusals),
        onSerial: (_zone, _from, serial) => this.serials.push(serial),
        ...more,
      }),
    }
  }

  async send(
    bytes: Uint8Array,
    { address = '192.0.2.1', transport = 'udp', ...more }: From = {},
  ): Promise<Answer> {
    return await handleMessage(bytes, { address, port: 5_300, transport, ...more }, this.context)
  }

  signed(message: Uint8Array): Uint8Array {
    return signMessage(message, this.key, Date.now() / 1_000).bytes
  }

  private history(): HistoryClient {
    const { asked } = this
    return {
      async extent(_zone, serial) {
        asked.push(`extent from ${serial}`)
        throw new NotServed('no-writer')
      },
      // biome-ignore lint/correctness/useYield: it fails before it has anything
      async *changes() {
        asked.push('changes')
        throw new NotServed('no-writer')
      },
    }
  }
}
