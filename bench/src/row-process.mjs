// One row in a process of its own: what other rows taught the compiler, and what they left on the heap, does not slow it. Its versions
// are measured first and held equal afterwards, because a machine made before would be one more shape that a call has seen.
import { openNative } from '@dmalab/bench-native'
import { checkRow } from './check.mjs'
import { clockOf, measureRow } from './measure.mjs'
import { loadRow } from './rows.mjs'

const [file, rounds, time, which = 'versions'] = process.argv.slice(2)
const { missing, ...comparator } = await openNative()
const native = missing === undefined ? comparator : undefined
const loaded = await loadRow(file, native)
const [product, version] = Object.entries(loaded.versions).at(-1)
const row = which === 'versions' ? loaded : { ...loaded, versions: { addon: loaded.addon, [product]: version } }
const rates = await measureRow(row, { rounds: Number(rounds), time: Number(time), clock: clockOf(native) })
process.send({ rates, complaints: await checkRow(row) })
