// Device trees in something larger: images, archives, folders, compressed files.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import { readBoard, readFdt } from '../../src/index.ts'
import { openBoard, readDeviceTree } from '../../src/node/index.ts'
import { writeDtb, type Tree } from '../dtb-writer.ts'

const folder = mkdtempSync(join(tmpdir(), 'dmalab-trees-'))
afterAll(() => rmSync(folder, { recursive: true }))
const file = (name: string, content: Uint8Array): string => {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}
const board = (model: string, more: Tree = {}): Tree => ({
  model,
  compatible: 'a,board',
  '#address-cells': 1,
  '#size-cells': 1,
  cpus: { 'cpu@0': { compatible: 'arm,cortex-a9' } },
  'memory@0': { device_type: 'memory', reg: [0, 0x1000_0000] },
  ...more,
})
const ONE = writeDtb(board('one'))
const TWO = writeDtb(board('two', { __symbols__: { mem: '/memory@0' } }))
const OVERLAY = writeDtb({ 'fragment@0': { 'target-path': '/', __overlay__: { model: 'laid over' } } })
const NOISE = Uint8Array.from({ length: 5000 }, (_, at) => (at * 37) % 251)
const modelOf = (reference: string, overlays: readonly string[] = []): string | undefined =>
  readFdt(readDeviceTree(reference, { overlays }).content, 'x').root.string('model')

/** A tar archive with these files. */
function tar(files: Readonly<Record<string, Uint8Array | string>>): Uint8Array {
  const blocks = Object.entries(files).flatMap(([name, content]) => {
    const body = Buffer.from(content)
    const head = Buffer.alloc(512)
    head.write(name, 0)
    head.write(`${body.length.toString(8).padStart(11, '0')}\0`, 124)
    head.write('0', 156)
    head.write('ustar', 257)
    return [head, body, Buffer.alloc((512 - (body.length % 512)) % 512)]
  })
  return Buffer.concat([...blocks, Buffer.alloc(1024)])
}
const cells = (...words: readonly number[]): Uint8Array =>
  Uint8Array.from(words.flatMap((word) => [24, 16, 8, 0].map((shift) => Math.floor(word / 2 ** shift) % 256)))
const AS_FILES: Readonly<Record<string, Uint8Array | string>> = {
  '#address-cells': cells(1),
  '#size-cells': cells(1),
  name: '\0',
  compatible: 'a,board\0',
  model: 'files\0',
  'cpus/cpu@0/compatible': 'arm,cortex-a9\0',
  'memory@0/device_type': 'memory\0',
  'memory@0/reg': cells(0, 0x1000_0000),
}
const below = (root: string): Record<string, Uint8Array | string> =>
  Object.fromEntries(Object.entries(AS_FILES).map(([path, content]) => [`${root}/${path}`, content]))

describe('a tree is opened', () => {
  it('behind a kernel, and named where there are several', () => {
    const appended = file('zImage', Buffer.concat([NOISE, ONE]))
    expect(modelOf(appended)).toBe('one')
    const both = file('boot.img', Buffer.concat([NOISE, ONE, TWO, OVERLAY]))
    expect(() => modelOf(both)).toThrow('a file with 2 device trees: 1 (one), 2 (two)')
    expect(readDeviceTree(`${both}#2`).file).toBe(`${both}#2`)
    expect(modelOf(`${both}#2`)).toBe('two')
    expect(modelOf(appended, [`${both}#3`])).toBe('laid over')
    expect(() => modelOf(`${both}#9`)).toThrow('which holds no tree named 9')
  })

  it('in a browser too: an image with one tree', () => {
    expect(readBoard(Buffer.concat([NOISE, ONE]), 'zImage').title).toBe('one')
  })

  it.each(['gzip', 'xz', 'zstd', 'bzip2', 'lz4'])('compressed with %s, where that is installed', (program) => {
    const path = file(`board.dtb.${program}`, new Uint8Array())
    const packed = spawnSync(program, ['-c'], { input: ONE })
    if (packed.error !== undefined) return
    writeFileSync(path, packed.stdout)
    expect(modelOf(path)).toBe('one')
    writeFileSync(path, packed.stdout.subarray(0, 60))
    expect(() => modelOf(path)).toThrow(`compressed with ${program}, and `)
  })

  it('behind a compressed kernel', () => {
    expect(modelOf(file('Image.gz-dtb', Buffer.concat([gzipSync(NOISE), ONE])))).toBe('one')
  })

  it('in a FIT image, with the overlays of its configuration', () => {
    const images: Tree = {
      kernel: { type: 'kernel', data: [1] },
      one: { type: 'flat_dt', data: ONE },
      two: { type: 'flat_dt', compression: 'gzip', data: gzipSync(TWO) },
      over: { type: 'flat_dt', data: OVERLAY },
    }
    const configurations: Tree = { a: { fdt: 'one' }, b: { fdt: ['two', 'over'] } }
    const fit = file('board.itb', writeDtb({ images, configurations: { default: 'b', ...configurations } }))
    expect(modelOf(fit)).toBe('laid over')
    expect(modelOf(`${fit}#a`)).toBe('one')
    const open = file('open.itb', writeDtb({ images, configurations }))
    expect(() => modelOf(open)).toThrow('a FIT image with 2 device trees: a, b')
    // Data behind the tree, as mkimage -E puts it.
    const outside: Tree = { images: { one: { type: 'flat_dt', 'data-offset': 8, 'data-size': ONE.length } } }
    const head = writeDtb(outside)
    const pad = new Uint8Array(8 + ((4 - (head.length % 4)) % 4))
    expect(modelOf(file('external.itb', Buffer.concat([head, pad, ONE])))).toBe('one')
  })

  it('as the folder that the kernel shows, and archives of it', () => {
    const root = join(folder, 'sys/firmware/devicetree/base')
    for (const [path, content] of Object.entries(AS_FILES)) {
      mkdirSync(join(root, path, '..'), { recursive: true })
      writeFileSync(join(root, path), content)
    }
    for (const each of [root, join(root, '..'), folder, file('base.tar', tar(below('./base')))])
      expect(modelOf(each)).toBe('files')
    expect(openBoard(root).memory).toEqual([{ base: 0, len: 0x1000_0000 }])
    expect(modelOf(file('base.tgz', gzipSync(tar(AS_FILES))))).toBe('files')
    expect(() => readDeviceTree(join(root, 'cpus'))).toThrow('is a folder, and not a device tree')
  })

  it('in an archive: the blob of the running board first', () => {
    const recording = file('recording.tar.gz', gzipSync(tar({ 'r/fdt': TWO, 'r/other.dtb': ONE, ...below('r/base') })))
    expect(modelOf(recording)).toBe('two')
    expect(modelOf(`${recording}#r/other.dtb`)).toBe('one')
    expect(() => modelOf(file('two.tar', tar({ 'a.dtb': ONE, 'b.dtb': TWO })))).toThrow(
      'an archive with 2 device trees',
    )
  })
})

it('overlays need a tree to be laid over', () => {
  const over = file('x.dtbo', OVERLAY)
  expect(() => openBoard('odroid-xu4-2017', {}, { overlays: [over] })).toThrow(
    'board odroid-xu4-2017 is not a device tree',
  )
  expect(() => modelOf(file('one.dtb', ONE), [file('two.dtb', TWO)])).toThrow('this is not a device tree overlay')
  expect(openBoard(file('one.dtb', ONE), {}, { overlays: [over] }).title).toBe('laid over')
})
