import { Readable } from 'node:stream'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { withTimeToCome } from './stalls.ts'

/** RFC 4027. */
export const ZONE_FILE_TYPE = 'text/dns'

/** From here on bodies are zone files, which routes get as they come in, however long they are. Of anything else they get nothing. */
export function takeZoneFilesOnly(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(ZONE_FILE_TYPE, (_request, payload, done) => done(null, payload))
  app.addContentTypeParser('*', (_request, _payload, done) => done(null, undefined))
}

/** The pieces of a body; undefined when it is no zone file. The connection outlives a reader that stops early, so that it can be answered. */
export function piecesOf({ body, server }: FastifyRequest): AsyncIterable<Uint8Array> | undefined {
  return body instanceof Readable ? withTimeToCome(body, server.stallMs) : undefined
}
