// The small table: rates per second, and how much faster the last version is.

/** @param rows what recordOf() returned */
export function table(rows) {
  const lines = rows.map(({ name, unit, versions, ratios, ratioAddon, nativeLoops }) => {
    const cells = Object.entries(versions).map(([version, rate]) => `${version} ${short(rate)}`)
    const gains = Object.entries(ratios)
      .slice(0, -1)
      .map(([version, ratio]) => `${times(ratio)} ${version}${version === 'native' ? ` ${nativeLoops}` : ''}`)
    return [name, unit, ...cells, ...gains, ...(ratioAddon === null ? [] : [`${times(ratioAddon)} addon`])]
  })
  const width = (column) => Math.max(...lines.map((cells) => (cells[column] ?? '').length))
  return lines
    .map((cells) =>
      cells
        .map((cell, column) => cell.padEnd(width(column)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** What the engine comes to against compiled code, in either way. @param result with what meansOf() returned */
export function meansText({ rows, geomeanNative, geomeanNativeCapped, geomeanCalled, geomeanCalledCapped }) {
  const cores = rows.filter(({ core }) => core).length
  const mean = (all, capped) => `${all.toFixed(2)} (${capped.toFixed(2)} with no row above 1)`
  return [
    `engine, geometric means of ${cores} core rows:`,
    `  ${mean(geomeanNative, geomeanNativeCapped)} of compiled code that has loops of short calls inside`,
    `  ${mean(geomeanCalled, geomeanCalledCapped)} of compiled code that is called from JavaScript as the product is`,
  ].join('\n')
}

function short(x) {
  const [scale, unit] = [
    [1e9, 'G'],
    [1e6, 'M'],
    [1e3, 'k'],
  ].find(([least]) => x >= least) ?? [1, '']
  return `${(x / scale).toPrecision(3)}${unit}`
}

const times = (x) => `${x >= 100 ? Math.round(x) : x.toPrecision(3)}x`
