// Numbers for people, the same on every machine.

/** 1234567 -> 1,234,567. Whole numbers only. */
export const count = (n: number): string => String(n).replace(/\B(?=(\d{3})+$)/g, ',')
