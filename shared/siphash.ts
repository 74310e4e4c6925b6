/** The 128-bit key as four 32-bit words, little-endian. */
export type SipHashKey = Readonly<[number, number, number, number]>

export function sipHashKey(octets: Uint8Array): SipHashKey {
  if (octets.length !== 16) throw new RangeError('a SipHash key has 16 octets')
  return [word(octets, 0), word(octets, 4), word(octets, 8), word(octets, 12)]
}

function word(octets: Uint8Array, at: number): number {
  return octets[at]! | (octets[at + 1]! << 8) | (octets[at + 2]! << 16) | (octets[at + 3]! << 24)
}

// v0 to v3, each as a low and a high half. Calls do not nest, so one state serves all.
const v = new Int32Array(8)

/** Adds v[b] to v[a], 64 bits wide. */
function add(a: number, b: number): void {
  const low = (v[a]! >>> 0) + (v[b]! >>> 0)
  v[a + 1] = v[a + 1]! + v[b + 1]! + (low > 0xffff_ffff ? 1 : 0)
  v[a] = low
}

/** Turns v[a] left by `bits` (below 32), then takes v[b] into it. */
function turn(a: number, bits: number, b: number): void {
  const low = v[a]!
  const high = v[a + 1]!
  v[a] = ((low << bits) | (high >>> (32 - bits))) ^ v[b]!
  v[a + 1] = ((high << bits) | (low >>> (32 - bits))) ^ v[b + 1]!
}

function swapHalves(a: number): void {
  const low = v[a]!
  v[a] = v[a + 1]!
  v[a + 1] = low
}

function round(): void {
  add(0, 2)
  turn(2, 13, 0)
  swapHalves(0)
  add(4, 6)
  turn(6, 16, 4)
  add(0, 6)
  turn(6, 21, 0)
  add(4, 2)
  turn(2, 17, 4)
  swapHalves(4)
}

function compress(low: number, high: number): void {
  v[6] = v[6]! ^ low
  v[7] = v[7]! ^ high
  round()
  round()
  v[0] = v[0]! ^ low
  v[1] = v[1]! ^ high
}

/** SipHash-2-4 of the first `length` octets, 64 bits written little-endian to `out` at `at`. */
export function sipHash(
  [k0, k1, k2, k3]: SipHashKey,
  octets: Uint8Array,
  length: number,
  out: Uint8Array,
  at: number,
): void {
  v[0] = k0 ^ 0x7073_6575
  v[1] = k1 ^ 0x736f_6d65
  v[2] = k2 ^ 0x6e64_6f6d
  v[3] = k3 ^ 0x646f_7261
  v[4] = k0 ^ 0x6e65_7261
  v[5] = k1 ^ 0x6c79_6765
  v[6] = k2 ^ 0x7974_6573
  v[7] = k3 ^ 0x7465_6462
  const whole = length & ~7
  for (let block = 0; block < whole; block += 8) compress(word(octets, block), word(octets, block + 4))
  let low = 0
  let high = length << 24
  for (let rest = whole; rest < length; rest++) {
    const shift = 8 * (rest & 3)
    if (rest - whole < 4) low |= octets[rest]! << shift
    else high |= octets[rest]! << shift
  }
  compress(low, high)
  v[4] = v[4]! ^ 0xff
  for (let last = 0; last < 4; last++) round()
  for (let half = 0; half < 2; half++) {
    const bits = v[half]! ^ v[2 + half]! ^ v[4 + half]! ^ v[6 + half]!
    for (let octet = 0; octet < 4; octet++) out[at + 4 * half + octet] = bits >>> (8 * octet)
  }
}
