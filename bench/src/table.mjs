// The small table: rates per second, and how much faster the last version is.

/** @param tasks what measure() returned */
export function table(rows, tasks) {
  const lines = rows.map(({ name, unit, versions }) => {
    const names = Object.keys(versions)
    const rates = names.map((version) => rate(tasks[`${name}/${version}`]))
    const last = rates.at(-1)
    const cells = names.map((version, i) => `${version} ${short(rates[i])}`)
    const gains = names.slice(0, -1).map((version, i) => `${times(last / rates[i])} ${version}`)
    return [name, `${unit}s/s`, ...cells, ...gains]
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

const rate = ({ p50Ms, work }) => (work / p50Ms) * 1000

function short(x) {
  const [scale, unit] = [
    [1e9, 'G'],
    [1e6, 'M'],
    [1e3, 'k'],
  ].find(([least]) => x >= least) ?? [1, '']
  return `${(x / scale).toPrecision(3)}${unit}`
}

const times = (x) => `${x >= 100 ? Math.round(x) : x.toPrecision(3)}x`
