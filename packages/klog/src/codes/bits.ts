// Fields of fault registers. The registers have 32 bits; 64-bit words are taken as two halves, so plain arithmetic is exact.

/** One bit of a register. */
export const bit = (value: number, at: number): boolean => Math.floor(value / 2 ** at) % 2 === 1

/** `width` bits from bit `low` on. */
export const bitsOf = (value: number, low: number, width: number): number => Math.floor(value / 2 ** low) % 2 ** width

/** Upper and lower half of a 64-bit word in hexadecimal. */
export const halves = (word: string): { readonly high: number; readonly low: number } => {
  const full = word.padStart(16, '0')
  return { high: Number.parseInt(full.slice(0, 8), 16), low: Number.parseInt(full.slice(8), 16) }
}

/** The names of the bits that are set. */
export const named = (value: number, names: Readonly<Record<number, string>>): readonly string[] => {
  const found: string[] = []
  for (let rest = value, at = 0; rest > 0; rest = Math.floor(rest / 2), at += 1) {
    const name = rest % 2 === 1 ? names[at] : undefined
    if (name !== undefined) found.push(name)
  }
  return found
}
