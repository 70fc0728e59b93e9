// The small table: rates per second, and how much faster the last version is.

/** @param rows what recordOf() returned */
export function table(rows) {
  const lines = rows.map(({ name, unit, versions, ratios, ratioAddon }) => {
    const cells = Object.entries(versions).map(([version, rate]) => `${version} ${short(rate)}`)
    const gains = Object.entries(ratios)
      .slice(0, -1)
      .map(([version, ratio]) => `${times(ratio)} ${version}`)
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

function short(x) {
  const [scale, unit] = [
    [1e9, 'G'],
    [1e6, 'M'],
    [1e3, 'k'],
  ].find(([least]) => x >= least) ?? [1, '']
  return `${(x / scale).toPrecision(3)}${unit}`
}

const times = (x) => `${x >= 100 ? Math.round(x) : x.toPrecision(3)}x`
