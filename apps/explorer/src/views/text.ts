// Numbers and names as the page shows them.
import { count, printable } from '@dmalab/report/view'

export { count }

/** 0x5100_0000: groups of four digits. */
export const address = (at: number): string => {
  const digits = at.toString(16).padStart(8, '0')
  return `0x${digits.replace(/(?<!^)(?=(\w{4})+$)/g, '_')}`
}

/** 2 MiB, 1,020 KiB, 300 bytes. */
export const bytes = (n: number): string => {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB']
  let value = n
  let unit = 0
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024
    unit++
  }
  const shown = Number.isInteger(value) ? count(value) : value.toFixed(value < 10 ? 2 : 1)
  return `${shown} ${units[unit] ?? ''}`
}

/** Text from elsewhere: control characters are shown, not sent. */
export const shown = (text: string): string => printable(text)

/** At most so many characters; the title of its element has all. */
export const cut = (text: string, most: number): string => {
  const clean = shown(text)
  return clean.length <= most ? clean : `${clean.slice(0, most - 1)}…`
}
