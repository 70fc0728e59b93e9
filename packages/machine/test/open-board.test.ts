import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { openBoard, parseMemory, readDeviceTree } from '../src/open-board.ts'
import { shippedBoardText } from '../src/shipped-boards.ts'
import { writeDtb } from './dtb-writer.ts'

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

  it('is a board file or a blob, by what the file holds', () => {
    expect(openBoard(file('b.yaml', shippedBoardText('odroid-xu4-2017')))).toEqual(openBoard('odroid-xu4-2017'))
    expect(openBoard(file('b.dtb', BLOB)).memory).toEqual([{ base: 0, len: 0x1000_0000 }])
  })

  it('is refused with the name of the file', () => {
    expect(() => openBoard(join(folder, 'none.dtb'))).toThrow('none.dtb: no such file')
    expect(() => openBoard(`${folder}/`)).toThrow('is a folder')
    expect(() => readDeviceTree(join(folder, 'none.dtb'))).toThrow('no such file')
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
        expect.objectContaining({ hint: expect.stringContaining('device-tree-compiler') }),
      )
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
    expect(() => parseMemory([text])).toThrow('no amount of memory')
  })
})
