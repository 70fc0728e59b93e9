// Numbers for people, the same on every machine.

/** 1234567 -> 1,234,567. */
export const count = (n: number): string => new Intl.NumberFormat('en').format(n)
