import { canonicalName, type GivenName } from '../../../../shared/dns/name.ts'

/** The same labels below another apex; the spelling stays, and below the same apex the whole name. Pure. */
export function movedName(name: string, from: string, to: string): GivenName {
  if (canonicalName(to as GivenName) === from) return name as GivenName
  // the root's dot ends the labels before it
  const labels = from === '.' ? (name === '.' ? '' : name) : name.slice(0, name.length - from.length)
  return (labels === '' ? to : to === '.' ? labels : `${labels}${to}`) as GivenName
}
