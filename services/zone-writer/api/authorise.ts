import type { FastifyRequest } from 'fastify'
import { type Access, hasRole, type Role, seesZone } from '../admin/access.ts'
import { type Failure, failure } from '../admin/failure.ts'
import { readCanonicalName } from '../admin/names.ts'

/** What a token lacks for the route that was asked for; undefined where nothing. */
export function lackOf(access: Access, request: FastifyRequest): Failure | undefined {
  const { schema, url = '' } = request.routeOptions
  // an address that is not there
  if (schema?.role === undefined) return undefined
  const { name } = request.params as { name?: string }
  return (
    roleLack(access, schema.role) ??
    (url.startsWith('/v1/zones/:name') && name !== undefined
      ? zoneLack(access, name)
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

/** The same whether there is such a zone or not. `name` may be `NAME@ID`; one that is no name is left to who reads it. */
export function zoneLack(access: Access, name: string): Failure | undefined {
  if (access.zones === undefined) return undefined
  const zone = readCanonicalName(name.replace(/@\d+$/, ''), 'zone')
  if (!zone.ok || seesZone(access, zone.value)) return undefined
  return failure('zone-lacking', `The token ${access.token} is not for the zone ${zone.value}`)
}

export function allZonesLack(access: Access): Failure | undefined {
  if (access.zones === undefined) return undefined
  return failure(
    'zone-lacking',
    `This needs a token for all zones, and ${access.token} is for these only: ${[...access.zones].join(', ')}`,
  )
}
