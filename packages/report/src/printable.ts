// Texts that came from elsewhere, on their way to a terminal.

/** Control characters shown as \xNN, not sent; line ends stay. */
export const printable = (text: string): string =>
  text.replaceAll(/[^\P{Cc}\n]/gu, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`)

/** The same of every text in a value. */
export const allPrintable = <T>(value: T): T => {
  if (typeof value === 'string') return printable(value) as T
  if (Array.isArray(value)) return value.map(allPrintable) as T
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, allPrintable(one)])) as T
  return value
}
