import type { FastifyRequest } from 'fastify'
import { type Access, hasRole, type Role, seesZone } from '../admin/access.ts'
import { type Failure, failure } from '../admin/failure.ts'
import { readCanonicalName } from '../admin/names.ts'
import { type Db, findZone } from '../store/admin-zones.ts'

/** What a token lacks for the route that was asked for; undefined where nothing. */
export async function lackOf(db: Db, access: Access, request: FastifyRequest): Promise<Failure | undefined> {
  const { schema, url = '' } = request.routeOptions
  // an address that is not there
  if (schema?.role === undefined) return undefined
  const { name } = request.params as { name?: string }
  return (
    roleLack(access, schema.role) ??
    (url.startsWith('/v1/zones/:name') && name !== undefined
      ? await pathZoneLack(db, access, name)
      : schema.forLimited || access.zones === undefined
        ? undefined
        : allZonesLack(access))
  )
}

export function roleLack(access: Access, least: Role): Failure | undefined {
  if (hasRole(access, least)) return undefined
  return failure(
    'role-lacking',
    `This needs the role ${least}, and the token ${access.token} has the role ${access.role}.`,
  )
}

/** The same whether there is such a zone or not, and for what is no name. */
export function zoneLack(access: Access, name: string): Failure | undefined {
  if (access.zones === undefined) return undefined
  const zone = readCanonicalName(name, 'zone')
  if (zone.ok && seesZone(access, zone.value)) return undefined
  return failure(
    'zone-lacking',
    `The token ${access.token} is not for the zone ${zone.ok ? zone.value : `'${name}'`}`,
  )
}

/** `NAME@ID` is a zone of the past, unless a zone has all of it as its name, as {@link zoneInHistory} reads it. */
async function pathZoneLack(db: Db, access: Access, text: string): Promise<Failure | undefined> {
  const lack = zoneLack(access, text)
  const [, past] = /^(.+)@\d{1,15}$/.exec(text.trim()) ?? []
  if (lack === undefined || past === undefined) return lack
  const whole = readCanonicalName(text, 'zone')
  const isZone = whole.ok && (await findZone(db, whole.value)) !== undefined
  return isZone ? lack : zoneLack(access, past)
}

export function allZonesLack(access: Access): Failure | undefined {
  if (access.zones === undefined) return undefined
  return failure(
    'zone-lacking',
    `This needs a token for all zones, and ${access.token} is for these only: ${[...access.zones].join(', ')}`,
  )
}
