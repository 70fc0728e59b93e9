// Names of platform devices, as kernels of real boards print them.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { kernelDeviceName, readFdt } from '../src/index.ts'

const BOARDS = join(import.meta.dirname, '../../../../shared/boards')

describe.skipIf(!existsSync(BOARDS))('kernelDeviceName', () => {
  it.each([
    ['bcm2711-rpi-4-b.dtb', '/soc/csi@7e801000', 'fe801000.csi'],
    ['bcm2711-rpi-4-b.dtb', '/scb/pcie@7d500000', 'fd500000.pcie'],
    ['bcm2711-rpi-4-b.dtb', '/soc/firmware', 'soc:firmware'],
    ['imx8mp-evk.dtb', '/soc@0/video-codec@38300000', '38300000.video-codec'],
  ])('%s: %s is %s', (board, path, name) => {
    const { nodes } = readFdt(readFileSync(join(BOARDS, board)), board)
    const node = nodes.find((one) => one.path === path)
    expect(node === undefined ? 'no such node' : kernelDeviceName(node)).toBe(name)
  })
})
