// Text in XML and HTML.
import { printable } from './printable.ts'

/** XML 1.0 has no place for most control characters: they are shown. */
export const escapeXml = (text: string): string =>
  text
    .replaceAll(/[^\P{Cc}\n\t]/gu, printable)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')

/** A value with its quotes. */
export const attribute = (text: string): string => `"${escapeXml(text).replaceAll('\n', ' ')}"`
