// Addresses and sizes as people write them: "0x5100_0000", "64MiB", "32".

const UNITS: Readonly<Record<string, bigint>> = {
  '': 1n,
  B: 1n,
  KiB: 2n ** 10n,
  MiB: 2n ** 20n,
  GiB: 2n ** 30n,
  TiB: 2n ** 40n,
}
const QUANTITY = /^(0x[0-9a-f]+(?:_[0-9a-f]+)*|[0-9]+(?:_[0-9]+)*) ?(B|[KMGT]iB)?$/i

/** Exact value of a quantity, or undefined for text that is none. In hexadecimal `B` is a digit, unless a space stands before it ("0x10 B"). */
export function parseQuantity(text: string): bigint | undefined {
  const [, digits, unit = ''] = QUANTITY.exec(text.trim()) ?? []
  const factor = UNITS[unit]
  if (digits === undefined || factor === undefined) return undefined
  return BigInt(digits.replaceAll('_', '')) * factor
}

/** A length as it stands best in a board file: in the largest binary unit that divides it. */
export function formatLength(len: number): string {
  for (const unit of ['TiB', 'GiB', 'MiB', 'KiB'] as const) {
    const size = Number(UNITS[unit])
    if (len >= size && len % size === 0) return `${len / size}${unit}`
  }
  return String(len)
}

/** An address as it stands in a board file: hexadecimal in groups of four digits. */
export function formatAddress(at: number | bigint): string {
  const digits = at.toString(16)
  const head = digits.length % 4
  const groups = digits.slice(head).match(/.{4}/g) ?? []
  return `0x${[digits.slice(0, head), ...groups].filter((group) => group !== '').join('_')}`
}
