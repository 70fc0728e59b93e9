import { describe, expect, it } from 'vitest'
import { isInputError, type InputError } from '@dmalab/api'
import { readMachine } from '../src/read-machine.ts'

const BOARD = `name: b
title: A board
arch: arm
cpu: { lineSize: 64 }
memory:
  - { base: 0x4000_0000, len: 1GiB }
reserved:
  - { name: pool, base: 0x5000_0000, len: 16MiB, compatible: shared-dma-pool, noMap: true }
iommus:
  - { name: mmu, model: samsung-sysmmu, enabled: false }
devices:
  - { name: codec, class: codec, iommu: mmu, pools: [pool] }
bindings: { v4l2video4dec: codec }
`
const read = (from = '', to = '') => readMachine(BOARD.replace(from, to), 'board.yaml')

function complaint(from: string, to: string): InputError {
  try {
    read(from, to)
  } catch (e) {
    if (isInputError(e)) return e
    throw e
  }
  throw new Error('no complaint')
}

describe('a good board', () => {
  it('has its units parsed and its defaults filled in', () => {
    expect(read()).toMatchObject({
      memory: [{ base: 0x4000_0000, len: 0x4000_0000 }],
      cpu: { lineSize: 64, aliasing: false },
      reserved: [{ name: 'pool', base: 0x5000_0000, len: 0x100_0000, noMap: true, reusable: false }],
      devices: [{ name: 'codec', coherent: false, maskBits: 32, pools: ['pool'] }],
      layout: {},
    })
  })

  it('takes bare integers, and JSON', () => {
    expect(read('0x4000_0000', '1073741824').memory[0]?.base).toBe(0x4000_0000)
    const json = '{"name":"j","title":"j","arch":"arm64","cpu":{"lineSize":64},"memory":[{"base":0,"len":"4GiB"}]}'
    expect(readMachine(json, 'j.json').memory[0]?.len).toBe(2 ** 32)
  })

  it.each(['0xffff_ffff_ffff_0001', '0xffffffffffff0001', '18446744073709486081'])(
    'keeps every bit of the 64-bit kernel address %s',
    (text) => {
      expect(readMachine(`${BOARD}layout: { pageOffset: ${text} }\n`, 'b').layout.pageOffset).toBe(
        0xffff_ffff_ffff_0001n,
      )
    },
  )

  it('may have banks that touch', () => {
    expect(read('reserved:', '  - { base: 0x3000_0000, len: 256MiB }\nreserved:').memory).toHaveLength(2)
    expect(read('reserved:', '  - { base: 0x8000_0000, len: 1GiB }\nreserved:').memory).toHaveLength(2)
  })

  it('may have overlapping reserved regions and contradictory flags: those are hazards, not mistakes', () => {
    const bad = '  - { name: x, base: 0x5000_0000, len: 16MiB, noMap: true, reusable: true }\niommus:'
    expect(read('iommus:', bad).reserved).toHaveLength(2)
  })
})

describe('a bad board is refused with line, column and path', () => {
  it.each([
    ['0x4000_0000', '0x4000_000g', 'board.yaml:6:13: memory.0.base: expected an address or a size'],
    ['len: 1GiB', 'len: 0', 'board.yaml:6:31: memory.0.len: expected a length greater than zero'],
    ['len: 1GiB', 'len: 100', 'board.yaml:6:31: memory.0.len: expected a multiple of 4096'],
    ['len: 1GiB', 'size: 1GiB', 'board.yaml:6:26: memory.0.size: unknown key size'],
    [', len: 1GiB', '', 'board.yaml:6:5: memory.0.len: missing: expected an address or a size'],
    ['iommu: mmu', 'iomu: mmu', 'board.yaml:12:34: devices.0.iomu: unknown key iomu'],
    ['iommu: mmu', 'iommu: mnu', 'board.yaml:12:41: devices.0.iommu: no IOMMU is named mnu; there is mmu'],
    [
      'pools: [pool]',
      'pools: [pol]',
      'board.yaml:12:54: devices.0.pools.0: no reserved region is named pol; there is pool',
    ],
    ['dec: codec', 'dec: coder', 'board.yaml:13:28: bindings.v4l2video4dec: no device is named coder; there is codec'],
    ['lineSize: 64', 'lineSize: 63', 'board.yaml:4:18: cpu.lineSize: expected 16, 32 or 64 bytes'],
    ['class: codec', 'class: codek', 'board.yaml:12:27: devices.0.class: '],
    ['pools: [pool]', 'maskBits: 65', 'board.yaml:12:56: devices.0.maskBits: '],
    ['arch: arm\n', '', 'board.yaml:1:1: arch: missing: expected one of arm, arm64, riscv64'],
    [
      'arch: arm\n',
      'arch: vax\n',
      'board.yaml:3:7: arch: expected one of arm, arm64, riscv64, x86_64, or what a loaded',
    ],
    ['title: A board', 'title: [', 'board.yaml:'],
    ['title: A board', 'title: a\ntitle: b', 'board.yaml:3:1: this key is here twice'],
    ['reserved:', '  - { base: 0x7fff_f000, len: 8KiB }\nreserved:', 'board.yaml:7:5: memory.1: bank at 0x7ffff000'],
    [
      'iommus:',
      '  - { name: pool, base: 0, len: 4KiB }\niommus:',
      'board.yaml:9:13: reserved.1.name: the name pool is taken',
    ],
  ])('%j -> %j', (from, to, message) => {
    expect(complaint(from, to).message).toContain(message)
  })

  it('lists the other problems in the hint', () => {
    const e = complaint('iommu: mmu, pools: [pool]', 'iommu: x, pools: [y], bus: 1')
    expect(e.message).toBe('board.yaml:12:56: devices.0.bus: unknown key bus (did you mean busLimit?)')
    expect(complaint('iommu: mmu, pools: [pool]', 'iommu: x, pools: [y]').hint).toBe(
      'board.yaml:12:41: devices.0.iommu: no IOMMU is named x; there is mmu',
    )
  })

  it.each([
    ['name: x\n\tarch: arm', 2, 'indented with a tab', 'spaces'],
    ['name: x\ncpu: [', 2, 'a bracket before this line is not closed', 'close every'],
    ['a: 1\n--- \nb: 2', 2, 'a second document begins here', '---'],
    ['name: *nope', 1, 'nothing is named &nope', 'quotes'],
    ['%YAML 9\n---\na: 1', 1, 'a directive', 'take the line out'],
    ['just some words', 1, 'plain text where the keys of a board are expected', 'expected name:'],
    ['- a\n- b', 1, 'a list where the keys', 'expected name:'],
    ['# nothing', 1, 'nothing where the keys', 'expected name:'],
  ])('%j: in our words, with what to do', (text, line, message, hint) => {
    expect(() => readMachine(text, 'b.yaml')).toThrow(
      expect.objectContaining({
        message: expect.stringContaining(message),
        hint: expect.stringContaining(hint),
        place: expect.objectContaining({ file: 'b.yaml', line }),
      }),
    )
  })

  it('is refused whatever else it holds', () => {
    for (const text of ['', '3', '[]', 'a: &x [*x]', '--- 1\n--- 2', '\u0000'])
      expect(() => readMachine(text, 'b')).toThrow(expect.objectContaining({ name: 'InputError' }))
  })
})
