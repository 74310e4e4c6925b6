import type { NatsConnection } from 'nats'
import type { Logger } from '../../../../shared/log.ts'
import { isNobodyThere, newInbox } from '../../../../shared/messaging/connect.ts'
import { decodeDigest, type EdgeDigest, encodeZoneId } from '../../../../shared/messaging/digest-service.ts'
import { DIGEST_SERVICE, distrustSubject } from '../../../../shared/messaging/subjects.ts'

/** What edges say that they hold. Answers are taken whenever they come, and looked at when the zone is looked at next. */
export class EdgeDigests {
  private readonly nats: NatsConnection
  private readonly inbox: string
  private readonly answers = new Map<number, Map<string, EdgeDigest>>()
  private readonly stop: () => void

  constructor(nats: NatsConnection, log: Logger) {
    this.nats = nats
    this.inbox = newInbox(nats)
    const replies = nats.subscribe(this.inbox, {
      callback: (error, message) => {
        // the server itself answers when no edge is there
        if (error !== null || isNobodyThere(message)) return
        try {
          this.take(decodeDigest(message.data))
        } catch (fault) {
          log.warn({ error: fault }, 'an edge sent a digest that could not be read')
        }
      },
    })
    this.stop = () => replies.unsubscribe()
  }

  /** All edges that hold the zone answer, sooner or later. */
  ask(zoneId: number): void {
    this.nats.publish(DIGEST_SERVICE, encodeZoneId(zoneId), { reply: this.inbox })
  }

  /** The newest answer of each edge since the last call. */
  takeAnswers(zoneId: number): EdgeDigest[] {
    const answers = [...(this.answers.get(zoneId)?.values() ?? [])]
    this.answers.delete(zoneId)
    return answers
  }

  /** Has an edge forget a zone and fetch it anew. */
  distrust({ edgeId, zoneId }: EdgeDigest): void {
    this.nats.publish(distrustSubject(edgeId), encodeZoneId(zoneId))
  }

  close(): void {
    this.stop()
  }

  private take(answer: EdgeDigest): void {
    const ofZone = this.answers.get(answer.zoneId) ?? new Map<string, EdgeDigest>()
    ofZone.set(answer.edgeId, answer)
    this.answers.set(answer.zoneId, ofZone)
  }
}
