// Device tree blobs made in a test: a tree of plain objects in, version 17 out. Also what is needed to break them on purpose.

type Value = number | readonly number[] | string | readonly string[] | Uint8Array | true
/** Properties and children by name; a child is an object. */
export interface Tree {
  readonly [name: string]: Value | Tree
}

export interface BlobOptions {
  readonly reservations?: readonly (readonly [address: bigint, size: bigint])[]
}

const HEADER = 40

export function writeDtb(tree: Tree, { reservations = [] }: BlobOptions = {}): Uint8Array {
  const strings: string[] = []
  const words: (number | Uint8Array)[] = []
  emit('', tree, words, strings)
  words.push(9)
  const struct = joined(words)
  const reserve = new Uint8Array((reservations.length + 1) * 16)
  const reserveView = new DataView(reserve.buffer)
  for (const [index, [address, size]] of reservations.entries()) {
    reserveView.setBigUint64(index * 16, address)
    reserveView.setBigUint64(index * 16 + 8, size)
  }
  const names = text(strings.map((name) => `${name}\0`).join(''))
  const structAt = HEADER + reserve.length
  const stringsAt = structAt + struct.length
  const total = stringsAt + names.length
  const header = joined([0xd00dfeed, total, structAt, stringsAt, HEADER, 17, 16, 0, names.length, struct.length])
  return joined([header, reserve, struct, names])
}

function emit(name: string, tree: Tree, words: (number | Uint8Array)[], strings: string[]): void {
  words.push(1, padded(text(`${name}\0`)))
  // Properties come before children, whatever the order in the object.
  for (const [key, value] of Object.entries(tree)) {
    if (isTree(value)) continue
    if (!strings.includes(key)) strings.push(key)
    const bytes = bytesOf(value)
    words.push(
      3,
      bytes.length,
      strings.slice(0, strings.indexOf(key)).reduce((sum, each) => sum + each.length + 1, 0),
    )
    words.push(padded(bytes))
  }
  for (const [key, value] of Object.entries(tree)) if (isTree(value)) emit(key, value, words, strings)
  words.push(2)
}

const isTree = (value: Value | Tree): value is Tree =>
  typeof value === 'object' && !Array.isArray(value) && !(value instanceof Uint8Array)

function bytesOf(value: Value): Uint8Array {
  if (value === true) return new Uint8Array()
  if (value instanceof Uint8Array) return value
  if (typeof value === 'number') return joined([value])
  if (typeof value === 'string') return text(`${value}\0`)
  return isText(value) ? text(value.map((each) => `${each}\0`).join('')) : joined(value)
}

const isText = (list: readonly number[] | readonly string[]): list is readonly string[] => typeof list[0] === 'string'
const text = (value: string): Uint8Array => Uint8Array.from(value, (letter) => letter.charCodeAt(0))
const padded = (bytes: Uint8Array): Uint8Array => joined([bytes, new Uint8Array((4 - (bytes.length % 4)) % 4)])

function joined(parts: readonly (number | Uint8Array)[]): Uint8Array {
  const out: number[] = []
  for (const part of parts) {
    if (typeof part === 'number') out.push(...[24, 16, 8, 0].map((shift) => Math.floor(part / 2 ** shift) % 256))
    else for (const byte of part) out.push(byte)
  }
  return Uint8Array.from(out)
}
