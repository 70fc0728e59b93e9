// Text in XML and HTML.

/** XML 1.0 has no place for most control characters. */
export const escapeXml = (text: string): string =>
  text
    .replaceAll(/[^\P{Cc}\n\t]/gu, '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')

/** A value with its quotes. */
export const attribute = (text: string): string => `"${escapeXml(text).replaceAll('\n', ' ')}"`
