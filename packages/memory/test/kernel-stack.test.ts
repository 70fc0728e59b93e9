import { expect, test } from 'vitest'
import { KernelStack } from '../src/index.ts'
import { FACTS, oopsOf } from './small-machine.ts'

const bug = { reason: 'BUG', address: 0n, what: 'x' } as const

test('a fault names every function that was entered, innermost first', () => {
  const stack = new KernelStack(FACTS)
  const oops = oopsOf(() =>
    stack.call('ioctl', () => {
      stack.enter(['dma_map_sg', 'arm_dma_map_sg'])
      const mark = stack.enter('left again')
      stack.leave(mark)
      stack.enter('maintain')
      stack.fault(bug, ['inner', 'innermost'])
    }),
  )
  expect(oops.callPath).toEqual(['innermost', 'inner', 'maintain', 'arm_dma_map_sg', 'dma_map_sg', 'ioctl'])
})

test('a fault leaves what was entered, wherever it is caught', () => {
  const stack = new KernelStack(FACTS)
  stack.enter('dma_map_page_attrs')
  oopsOf(() => stack.fault(bug))
  expect(stack.path()).toEqual([])
  stack.call('ioctl', () => {
    const mark = stack.enter('vb2_qbuf')
    stack.enter('dma_map_sg')
    oopsOf(() => stack.call('arm_dma_map_sg', () => stack.fault(bug)))
    stack.leave(mark)
    expect(stack.path()).toEqual(['ioctl'])
  })
  expect(stack.path()).toEqual([])
})
