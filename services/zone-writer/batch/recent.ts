interface Kept<V> {
  readonly value: V
  readonly octets: number
}

/**
 * What was set or asked for of late, up to `most` entries and octets. Two generations, of which the older is dropped whole when the younger is
 * half of what is allowed: a map whose oldest entries are taken out one by one has to pass by all that it has lost.
 */
export class Recent<K, V> {
  private readonly most: number
  private readonly mostOctets: number
  private young = new Map<K, Kept<V>>()
  private old = new Map<K, Kept<V>>()
  private octets = 0

  constructor(most: number, mostOctets = Number.POSITIVE_INFINITY) {
    this.most = most
    this.mostOctets = mostOctets
  }

  get(key: K): V | undefined {
    const young = this.young.get(key)
    if (young !== undefined) return young.value
    const old = this.old.get(key)
    if (old !== undefined) this.set(key, old.value, old.octets)
    return old?.value
  }

  set(key: K, value: V, octets = 0): void {
    this.octets += octets - (this.young.get(key)?.octets ?? 0)
    this.young.set(key, { value, octets })
    if (this.young.size <= this.most / 2 && this.octets <= this.mostOctets / 2) return
    this.old = this.young
    this.young = new Map()
    this.octets = 0
  }

  forget(key: K): void {
    this.octets -= this.young.get(key)?.octets ?? 0
    this.young.delete(key)
    this.old.delete(key)
  }
}
