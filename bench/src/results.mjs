// What a measurement came to: one record a row, ratios of the same round compared, medians kept.

/** The rows whose geometric mean against native code is the engine's figure. */
const CORE = new Set([
  'clean-clean',
  'clean-dirty',
  'clean-sparse',
  'map-sg-scattered',
  'pgtable-fill',
  'pgtable-clear',
  'iommu-map-sg',
  'iova-churn',
  'frame-pipeline',
])

export const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1]

/** Round by round: what slows a round slows both. */
const ratioOf = (product, other) => median(product.map((each, round) => each / other[round]))

/**
 * The last version is the product's. `native` is null where there is no comparator in compiled code; `nativeLoops` says whether that was
 * called from JavaScript as the product is, or looped inside over calls that the product makes.
 * @param called rates of the addon and of the product, where both were called from JavaScript
 */
export const recordOf = ({ name, title, unit, per = 's', versions }, rates, called) => {
  const product = rates[Object.keys(versions).at(-1)]
  const rate = (version) => (rates[version] === undefined ? null : median(rates[version]))
  const ratio = (version) => {
    const other = rates[version]
    return other === undefined ? null : ratioOf(product, other)
  }
  return {
    name,
    title,
    unit: `${unit.endsWith('y') ? `${unit.slice(0, -1)}ie` : unit}s/${per}`,
    core: CORE.has(name),
    product: median(product),
    best: Math.max(...product),
    native: rate('native'),
    naive: rate('naive'),
    typed: rate('typed'),
    ratioNative: ratio('native'),
    nativeLoops: rates.native === undefined ? null : called === undefined ? 'called' : 'inside',
    ratioAddon: called === undefined ? null : ratioOf(Object.values(called).at(-1), called.addon),
    ratioNaive: ratio('naive'),
    ratioTyped: ratio('typed'),
    versions: Object.fromEntries(Object.keys(versions).map((version) => [version, rate(version)])),
    ratios: Object.fromEntries(Object.keys(versions).map((version) => [version, ratio(version)])),
  }
}

/**
 * Geometric means over the core rows, null unless each was compared with compiled code: `geomeanNative` with its loops of short calls inside,
 * `geomeanCalled` with all of it called from JavaScript as the product is. `Capped`: what is faster counts as equal.
 */
export const meansOf = (rows) => {
  const cores = rows.filter(({ core }) => core)
  const native = cores.map(({ ratioNative }) => ratioNative)
  const called = cores.map(({ ratioAddon, ratioNative }) => ratioAddon ?? ratioNative)
  return {
    geomeanNative: geomean(native),
    geomeanNativeCapped: geomean(capped(native)),
    geomeanCalled: geomean(called),
    geomeanCalledCapped: geomean(capped(called)),
  }
}

const capped = (ratios) => ratios.map((ratio) => (ratio === null ? null : Math.min(1, ratio)))

const geomean = (ratios) => {
  if (ratios.length === 0 || ratios.includes(null)) return null
  return Math.exp(ratios.reduce((sum, ratio) => sum + Math.log(ratio), 0) / ratios.length)
}

/** How many times slower each row is than in an earlier result of the same machine, by its calibration. */
export const slowdowns = (before, now) => {
  const machine = now.calibration / before.calibration
  return now.rows.flatMap(({ name, product }) => {
    const old = before.rows.find((row) => row.name === name)
    return old === undefined ? [] : [{ name, slower: (old.product * machine) / product }]
  })
}
