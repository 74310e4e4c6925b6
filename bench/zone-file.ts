/** The zone that is measured, unless a benchmark has several. */
export const ZONE = 'example.com'

export const hostName = (index: number): string => `r${String(index).padStart(7, '0')}`

/** Of the host with this number. */
export const addressOf = (index: number, first = 10): string =>
  `${first}.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`

/** A zone with so many hosts, each with one address. */
export function zoneFile(zone: string, records: number): string {
  const head = `$ORIGIN ${zone}.\n$TTL 300\n@ IN SOA ns1 hostmaster 1 3600 600 604800 300\n@ IN NS ns1\nns1 IN A 127.0.0.1\n`
  const hosts = Array.from({ length: records }, (_, index) => `${hostName(index)} IN A ${addressOf(index)}`)
  return `${head}${hosts.join('\n')}\n`
}
