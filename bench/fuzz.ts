import { parseArgs } from 'node:util'
import { fuzzEverywhere } from '../test/conformance/fuzz.ts'

// `node bench/fuzz.ts [--seed 1] [--messages 10000000]`: mutated messages through the decoder and `decide`, one worker a core.

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    messages: { type: 'string', default: '10000000' },
  },
})
const began = performance.now()
const tally = await fuzzEverywhere({ seed: Number(values.seed), messages: Number(values.messages) })
const seconds = (performance.now() - began) / 1_000
const messages = Object.values(tally).reduce((sum, count) => sum + count, 0)
console.log(`seed ${values.seed}: ${messages} messages in ${seconds.toFixed(1)} s, none threw`)
console.log(tally)
