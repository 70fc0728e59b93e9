// The forms in which kernel logs are pasted; each makes one of the plain form `[ 12.345678] text`.

export interface Variant {
  readonly name: string
  readonly as: (log: string) => string | Uint8Array
  /** Applies to what programs print, too. */
  readonly raw?: true
}

const lines = (log: string, as: (text: string, line: string) => string): string =>
  log
    .split('\n')
    .map((line) => (line === '' ? '' : as(line.replace(/^\[ *\d+\.\d+\] /, ''), line)))
    .join('\n')

/** At a blank, as mail programs do. */
const wrapped = (line: string, width: number): string => {
  const out: string[] = []
  let rest = line
  while (rest.length > width) {
    const blank = rest.lastIndexOf(' ', width)
    const at = blank > 20 ? blank : width
    out.push(rest.slice(0, at))
    rest = rest.slice(blank > 20 ? at + 1 : at)
  }
  return [...out, rest].join('\n')
}
/** In the middle of a word, as terminals do. */
const cut = (line: string, width: number): string => {
  const out: string[] = []
  for (let at = 0; at < line.length; at += width) out.push(line.slice(at, at + width))
  return out.join('\n')
}
/** An Android tag is what stands before the first colon. */
const tag = (text: string): string => {
  const colon = text.indexOf(': ')
  return colon < 0 ? `: ${text}` : `${text.slice(0, colon).padEnd(8)}: ${text.slice(colon + 2)}`
}
/** Mail as it is stored: at most 76 characters a line. */
const quotedPrintable = (log: string): string =>
  log
    .replaceAll('=', '=3D')
    .split('\n')
    .map((line) => {
      const out: string[] = []
      let rest = line
      while (rest.length > 76) {
        // No code is torn apart.
        const at = rest.slice(73, 75).includes('=') ? 72 : 75
        out.push(rest.slice(0, at))
        rest = rest.slice(at)
      }
      return [...out, rest].join('=\n')
    })
    .join('\n')
const utf16 = (text: string, big: boolean): Uint8Array => {
  const bytes = Buffer.from(`\ufeff${text}`, 'utf16le')
  return new Uint8Array(big ? bytes.swap16() : bytes)
}
const html = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

export const VARIANTS: readonly Variant[] = [
  { name: 'printk', as: (log) => log, raw: true },
  { name: 'no prefix', as: (log) => lines(log, (text) => text) },
  { name: 'dmesg -T', as: (log) => lines(log, (text) => `[Tue Apr 16 06:23:42 2024] ${text}`) },
  { name: 'dmesg --time-format iso', as: (log) => lines(log, (text) => `2024-04-16T06:23:42,123456+00:00 ${text}`) },
  { name: 'dmesg -H', as: (log) => lines(log, (text) => `[  +0.000012] ${text}`) },
  { name: 'dmesg -x', as: (log) => lines(log, (_, line) => `kern  :err   : ${line}`) },
  { name: 'dmesg -r', as: (log) => lines(log, (_, line) => `<3>${line}`) },
  { name: 'journald', as: (log) => lines(log, (text) => `Apr 16 06:23:42 raspberrypi kernel: ${text}`) },
  { name: 'journald iso', as: (log) => lines(log, (text) => `2024-04-16T06:23:42+0200 host kernel: ${text}`) },
  { name: 'journald monotonic', as: (log) => lines(log, (text) => `[  123.456789] host kernel: ${text}`) },
  { name: 'syslog', as: (log) => lines(log, (_, line) => `Apr  6 06:23:42 host kernel: ${line}`) },
  {
    name: 'rsyslog iso',
    as: (log) => lines(log, (_, line) => `2024-04-16T06:23:42.123456+02:00 host kernel: ${line}`),
  },
  {
    name: 'OpenWrt logread',
    as: (log) => lines(log, (_, line) => `Tue Apr 16 06:23:42 2024 kern.err kernel: ${line}`),
  },
  { name: 'busybox syslogd', as: (log) => lines(log, (_, line) => `Jan  1 00:00:42 (none) kern.warn kernel: ${line}`) },
  { name: 'serial, CRLF', as: (log) => log.replaceAll('\n', '\r\n'), raw: true },
  { name: 'serial, CR CR LF', as: (log) => log.replaceAll('\n', '\r\r\n'), raw: true },
  { name: 'serial logger', as: (log) => lines(log, (_, line) => `[2024-04-16 06:23:42.123] ${line}`) },
  { name: 'caller id', as: (log) => lines(log, (text) => `[   12.345678][    T1] ${text}`) },
  { name: 'caller id of a CPU', as: (log) => lines(log, (text) => `[   12.345678][   C2] ${text}`) },
  { name: 'Android logcat', as: (log) => lines(log, (text) => `04-16 06:23:42.123     0     0 E ${tag(text)}`) },
  { name: 'Android kmsg', as: (log) => lines(log, (text) => `<3>[   12.345678] (2)[123:kworker/0:1]${text}`) },
  {
    name: 'Android kmsg of Samsung',
    as: (log) => lines(log, (text) => `<3>[   12.345678]  [3:   kworker/3:1:  123] ${text}`),
  },
  {
    name: 'ANSI colours',
    as: (log) => lines(log, (text) => `\u001b[32m[   12.345678] \u001b[0m\u001b[31m${text}\u001b[0m`),
  },
  { name: 'quoted mail', as: (log) => lines(log, (_, line) => `> ${line}`) },
  { name: 'twice quoted mail', as: (log) => lines(log, (_, line) => `> > ${line}`) },
  { name: 'wrapped at 70', as: (log) => lines(log, (_, line) => wrapped(line, 70)) },
  { name: 'wrapped at 80', as: (log) => lines(log, (_, line) => wrapped(line, 80)) },
  { name: 'cut at 70', as: (log) => lines(log, (_, line) => cut(line, 70)) },
  { name: 'cut at 80', as: (log) => lines(log, (_, line) => cut(line, 80)) },
  {
    name: 'journald wrapped at 80',
    as: (log) => lines(log, (text) => wrapped(`Apr 16 06:23:42 raspberrypi kernel: ${text}`, 80)),
  },
  { name: 'no prefix, wrapped at 70', as: (log) => lines(log, (text) => wrapped(text, 70)) },
  {
    name: 'quoted and wrapped at 72',
    as: (log) => lines(log, (_, line) => wrapped(`> ${line}`, 72).replaceAll('\n', '\n> ')),
  },
  { name: 'quoted, and wrapped behind the mark', as: (log) => lines(log, (_, line) => wrapped(`> ${line}`, 72)) },
  { name: 'quoted-printable mail', as: (log) => quotedPrintable(`From: a=b\n${log}`), raw: true },
  {
    name: 'quoted-printable answer',
    as: (log) => quotedPrintable(`From: a=b\n${lines(log, (_, line) => `> ${line}`)}`),
  },
  { name: 'HTML', as: (log) => lines(log, (_, line) => `${html(line)}<br />`) },
  { name: 'indented', as: (log) => lines(log, (_, line) => `    ${line}`) },
  { name: 'UTF-16', as: (log) => utf16(log.replaceAll('\n', '\r\n'), false), raw: true },
  { name: 'UTF-16, big endian', as: (log) => utf16(log, true), raw: true },
  { name: 'grep -n', as: (log) => lines(log, (_, line) => `123:${line}`) },
]
