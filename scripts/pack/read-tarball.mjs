// Reads a gzipped tar as npm writes it: names and contents, in their order.
import { gunzipSync } from 'node:zlib'

const BLOCK = 512

export const readTarball = (bytes) => {
  const tar = gunzipSync(bytes)
  const entries = []
  let long
  for (let at = 0; at + BLOCK <= tar.length && tar[at] !== 0;) {
    const text = (from, length) =>
      tar
        .subarray(at + from, at + from + length)
        .toString()
        .replace(/\0.*$/s, '')
    const size = Number.parseInt(text(124, 12), 8)
    const content = tar.subarray(at + BLOCK, at + BLOCK + size)
    const kind = text(156, 1)
    // A pax header holds the name of the next entry, where that is too long for its own.
    if (kind === 'x') long = /\d+ path=(.*)\n/.exec(content.toString())?.[1]
    else if (kind !== 'g') {
      const prefix = text(345, 155)
      entries.push({ path: long ?? (prefix === '' ? text(0, 100) : `${prefix}/${text(0, 100)}`), kind, size, content })
      long = undefined
    }
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK
  }
  return entries
}
