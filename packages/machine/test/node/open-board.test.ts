import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { parseMemory, readBoard, shippedBoardText } from '../../src/index.ts'
import { openBoard, readDeviceTree } from '../../src/node/index.ts'
import { writeDtb } from '../dtb-writer.ts'

const folder = mkdtempSync(join(tmpdir(), 'dmalab-board-'))
afterAll(() => rmSync(folder, { recursive: true }))
const file = (name: string, content: string | Uint8Array): string => {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}
const BLOB = writeDtb({
  '#address-cells': 1,
  '#size-cells': 1,
  cpus: { 'cpu@0': { compatible: 'arm,cortex-a9' } },
  'memory@0': { device_type: 'memory', reg: [0, 0x1000_0000] },
})

describe('a board', () => {
  it('is a shipped one by name', () => {
    expect(openBoard('odroid-xu4-2017').arch).toBe('arm')
    expect(() => openBoard('odroid-xu5')).toThrow('no board is named odroid-xu5')
  })

  it('is read from bytes where no file is; source needs a compiler', () => {
    const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
    expect(readBoard(bytes(shippedBoardText('odroid-xu4-2017')), 'b.yaml')).toEqual(openBoard('odroid-xu4-2017'))
    expect(readBoard(BLOB, 'b.dtb').memory).toEqual([{ base: 0, len: 0x1000_0000 }])
    expect(() => readBoard(bytes('/dts-v1/;\n/ {};'), 'b.dts')).toThrow('b.dts: this is device tree source')
  })

  it('is a board file or a blob, by what the file holds', () => {
    expect(openBoard(file('b.yaml', shippedBoardText('odroid-xu4-2017')))).toEqual(openBoard('odroid-xu4-2017'))
    expect(openBoard(file('b.dtb', BLOB)).memory).toEqual([{ base: 0, len: 0x1000_0000 }])
  })

  it('is refused with the name of the file', () => {
    expect(() => openBoard(join(folder, 'none.dtb'))).toThrow('none.dtb: no such file')
    expect(() => openBoard(`${folder}/`)).toThrow('is a folder')
    expect(() => readDeviceTree(join(folder, 'none.dtb'))).toThrow('no such file')
  })

  it.each<[string, string | Uint8Array, string, string]>([
    [
      'noise',
      new Uint8Array([0x41, 0x00, 0x93]),
      'neither a device tree blob nor text: byte 1 (0x1) is 0x00',
      'd0 0d fe ed',
    ],
    ['latin1', new Uint8Array([0x41, 0xe9, 0x41]), 'byte 1 (0x1) is 0xe9', 'expected'],
    ['empty', '', 'the file is empty', 'expected'],
    ['blank', ' \n\n', 'nothing but blanks', 'expected'],
    ['page', '<!DOCTYPE html>\n<html></html>', 'HTML or XML', 'a download that went wrong?'],
    ['board.dtb.gz', new Uint8Array([0x1f, 0x8b, 8, 0]), 'compressed with gzip', 'gunzip'],
    ['swapped', new Uint8Array([0xed, 0xfe, 0x0d, 0xd0]), 'bytes swapped', 'big-endian'],
    ['vmlinux', new Uint8Array([0x7f, 0x45, 0x4c, 0x46, 2]), 'an ELF file', 'expected'],
    ['soc.dtsi', '/* a chip */\n/ {\n};\n', 'a piece of device tree source', '.dts of the board'],
    ['overlay', '#include "soc.dtsi"\n&uart { };\n', 'a piece of device tree source', '.dts of the board'],
  ])('is no %s, and the complaint says what that is', (name, content, message, hint) => {
    const path = file(name, content)
    for (const open of [() => openBoard(`${folder}/${name}`), () => readDeviceTree(path)])
      expect(open).toThrow(
        expect.objectContaining({
          name: 'InputError',
          message: expect.stringMatching(new RegExp(`^${path}: `)),
          hint: expect.stringContaining(hint),
        }),
      )
    expect(() => openBoard(path)).toThrow(message)
  })

  it('is not a text with the suffix of a blob, and a device tree is not a board file', () => {
    expect(() => openBoard(file('words.dtb', 'words and more words, more than forty bytes'))).toThrow(
      expect.objectContaining({
        message: expect.stringContaining('no valid device tree blob: BADMAGIC at byte 0 (0x0)'),
        hint: expect.stringContaining('text, not a device tree; expected'),
      }),
    )
    expect(() => readDeviceTree(file('words', 'words'))).toThrow('text, not a device tree')
    expect(() => readDeviceTree(file('b.yaml', shippedBoardText('odroid-xu4-2017')))).toThrow('a board file already')
  })

  it('with letters of any language in its title is one', () => {
    const text = shippedBoardText('odroid-xu4-2017').replace(/title: .*/, 'title: Größe 大きさ 🙂')
    expect(openBoard(file('title.yaml', text)).title).toBe('Größe 大きさ 🙂')
  })

  describe('in device tree source', () => {
    const source = file('b.dts', '/dts-v1/;\n/ { };\n')
    const { PATH } = process.env
    afterEach(() => {
      process.env['PATH'] = PATH
    })
    /** A dtc that does what a test needs; the real one is not everywhere. */
    const dtcIs = (script: string): void => {
      chmodSync(file('dtc', `#!/bin/sh\n${script}\n`), 0o755)
      process.env['PATH'] = `${folder}:${PATH}`
    }

    it('goes through dtc', () => {
      file('compiled.dtb', BLOB)
      dtcIs(`[ "$8" = "${source}" ] && cat "${folder}/compiled.dtb"`)
      expect(openBoard(source).memory[0]?.len).toBe(0x1000_0000)
    })

    it('is refused in the words of dtc', () => {
      dtcIs('echo "Error: b.dts:2.1-2 syntax error" >&2; exit 1')
      expect(() => openBoard(source)).toThrow('dtc: b.dts:2.1-2 syntax error')
    })

    it('is refused where dtc is missing, with what to install', () => {
      process.env['PATH'] = join(folder, 'empty')
      expect(() => openBoard(source)).toThrow(
        expect.objectContaining({
          hint: expect.stringMatching(/device-tree-compiler.*dtc -I dts -O dtb -o .*b\.dtb .*b\.dts/),
        }),
      )
    })

    it('that has not been through the C preprocessor is refused with the way to do that', () => {
      dtcIs('echo "Error: p.dts:1.1-9 syntax error" >&2; echo "FATAL ERROR: Unable to parse input tree" >&2; exit 1')
      const path = file('p.dts', '#include <dt-bindings/x.h>\n/dts-v1/;\n/ { };\n')
      expect(() => openBoard(path)).toThrow(expect.objectContaining({ hint: expect.stringContaining('cpp -nostdinc') }))
      expect(() => openBoard(source)).toThrow(expect.objectContaining({ hint: undefined }))
    })

    it.each([
      ['echo hello', 'dtc did not write a device tree blob'],
      ['kill -9 $$', 'dtc: ends with SIGKILL'],
      ['exit 3', 'dtc: ends with 3'],
    ])('through a dtc that does %j is refused', (script, message) => {
      dtcIs(script)
      expect(() => openBoard(source)).toThrow(message)
    })
  })
})

describe('--memory', () => {
  it('is a size, or sizes with addresses', () => {
    expect(parseMemory([])).toEqual({})
    expect(parseMemory(['2GiB'])).toEqual({ memorySize: 2 ** 31 })
    expect(parseMemory(['1GiB@0x8000_0000', '1GiB@0x8_0000_0000'])).toEqual({
      memory: [
        { base: 0x8000_0000, len: 2 ** 30 },
        { base: 0x8_0000_0000, len: 2 ** 30 },
      ],
    })
  })

  it.each(['', '2GB', '0', '1GiB@', '1GiB@here'])('refuses %j', (text) => {
    expect(() => parseMemory([text])).toThrow('is not an amount of memory')
  })
})
