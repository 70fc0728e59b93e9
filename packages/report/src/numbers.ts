// Numbers for people, the same on every machine.

/** 1234567 -> 1,234,567. Whole numbers only. */
export const count = (n: number): string => String(n).replace(/\B(?=(\d{3})+$)/g, ',')

/** 1 line, 2 lines. */
export const plural = (n: number, word: string): string => `${count(n)} ${word}${n === 1 ? '' : 's'}`
