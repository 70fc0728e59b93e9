import { describe, expect, it } from 'vitest'
import { machineJsonSchema } from '../src/schema.ts'
import { shippedBoard, shippedBoardNames, shippedBoards } from '../src/shipped-boards.ts'

describe('shipped boards', () => {
  it('all read without complaint, each under the name of its file', () => {
    expect(shippedBoards().map((board) => board.name)).toEqual(shippedBoardNames())
  })

  it('refuse an unknown name with the names there are', () => {
    expect(() => shippedBoard('odroid-xu5')).toThrow(
      expect.objectContaining({ name: 'InputError', hint: expect.stringContaining('odroid-xu4-2017') }),
    )
  })

  it.each(['../package.json', '', 'index'])('cannot be tricked into another file: %j', (name) => {
    expect(() => shippedBoard(name)).toThrow(expect.objectContaining({ name: 'InputError' }))
  })
})

describe('odroid-xu4-2017', () => {
  const board = shippedBoard('odroid-xu4-2017')

  it('gives the codec two pools without struct pages', () => {
    expect(board.devices.find((device) => device.class === 'codec')?.pools).toEqual(['left', 'right'])
    for (const name of ['left', 'right']) {
      const pool = board.reserved.find((region) => region.name === name)
      expect(pool).toMatchObject({ compatible: 'shared-dma-pool', noMap: true })
      const covered = board.layout.pageArray?.covers?.some(
        (range) => pool && range.base < pool.base + pool.len && pool.base < range.base + range.len,
      )
      expect(covered).toBe(false)
    }
  })

  it('has entries for all other memory', () => {
    const covered = board.layout.pageArray?.covers?.reduce((sum, range) => sum + range.len, 0)
    const memory = board.memory.reduce((sum, bank) => sum + bank.len, 0)
    expect(memory - (covered ?? 0)).toBe((16 + 8) * 2 ** 20)
  })

  it('has its IOMMUs, switched off', () => {
    expect(board.iommus.length).toBeGreaterThan(0)
    expect(board.iommus.filter((iommu) => iommu.enabled)).toEqual([])
  })
})

it('the board without pools runs the same pipeline: same bindings, same devices', () => {
  const [pools, nopool] = [shippedBoard('odroid-xu4-2017'), shippedBoard('odroid-xu4-nopool')]
  expect(nopool.bindings).toEqual(pools.bindings)
  expect(nopool.devices).toEqual(pools.devices.map((device) => ({ ...device, pools: [] })))
})

it('the JSON schema of a board file knows its keys and refuses others', () => {
  expect(machineJsonSchema()).toMatchObject({
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    additionalProperties: false,
    required: ['name', 'title', 'arch', 'cpu', 'memory'],
  })
})
