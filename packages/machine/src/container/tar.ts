// A tar archive as its files: what is needed of ustar, GNU and pax.
import { latin1 } from '../fdt/node.ts'

export interface TarEntry {
  readonly path: string
  readonly isFolder: boolean
  /** Empty for a folder. */
  readonly content: Uint8Array
}

const BLOCK = 512
const MAGIC_AT = 257

export const isTar = (content: Uint8Array): boolean =>
  content.length >= BLOCK && latin1(content, MAGIC_AT, MAGIC_AT + 5) === 'ustar'

/** Files and folders in their order, up to the first block that is none; links are left out. */
export function* tarEntries(content: Uint8Array): Generator<TarEntry> {
  let longName: string | undefined
  for (let at = 0; at + BLOCK <= content.length;) {
    const head = content.subarray(at, at + BLOCK)
    const size = octal(head, 124, 12)
    if (head[0] === 0 || size === undefined || at + BLOCK + size > content.length) return
    const body = content.subarray(at + BLOCK, at + BLOCK + size)
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK
    const type = String.fromCharCode(head[156] ?? 0)
    if (type === 'L') longName = text(body, 0, body.length)
    else if (type === 'x') longName = /^\d+ path=(.*)$/m.exec(new TextDecoder().decode(body))?.[1] ?? longName
    else {
      const path = longName ?? [text(head, 345, 500), text(head, 0, 100)].filter((part) => part !== '').join('/')
      longName = undefined
      if (type === '0' || type === '\0' || type === '5')
        yield { path: plain(path), isFolder: type === '5', content: type === '5' ? new Uint8Array() : body }
    }
  }
}

/** `./a//b/` is `a/b`. */
const plain = (path: string): string =>
  path
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/')

function text(block: Uint8Array, from: number, to: number): string {
  const nul = block.subarray(from, to).indexOf(0)
  return new TextDecoder().decode(block.subarray(from, nul < 0 ? to : from + nul))
}

function octal(block: Uint8Array, from: number, length: number): number | undefined {
  const digits = latin1(block, from, from + length)
    .replace(/[\0 ]+$/, '')
    .trim()
  return /^[0-7]{1,11}$/.test(digits) ? Number.parseInt(digits, 8) : undefined
}
