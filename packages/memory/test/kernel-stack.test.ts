import { expect, test } from 'vitest'
import { isSimulatedOops, KernelStack } from '../src/index.ts'
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

test('a stop says what it was, and where: of nothing it knows, that', () => {
  const stack = new KernelStack(FACTS)
  const texts = (fault: Parameters<KernelStack['fault']>[0]) => oopsOf(() => stack.fault(fault)).text
  expect(texts(bug)).toEqual(['kernel BUG: x', 'unknown'])
  expect(texts({ reason: 'BUG', address: 0n })).toEqual(['kernel BUG: assertion failed', 'unknown'])
  const stall = 'rcu: INFO: rcu_sched self-detected stall on CPU'
  expect(texts({ reason: 'stall', address: 0n })[0]).toBe(`${stall} (a loop does not end)`)
  expect(texts({ reason: 'stall', address: 0n, what: 'y' })[0]).toBe(`${stall} (y)`)
  expect(texts({ reason: 'external abort', address: 0x10n })[0]).toMatch(
    /external abort on non-linefetch at 0x00000010/,
  )
  expect(oopsOf(() => stack.fault(bug))).toMatchObject({ function: 'unknown', callPath: [], address: '0x00000000' })
  expect(oopsOf(() => stack.fault({ reason: 'NULL pointer', address: 4n }, 'memcpy'))).toMatchObject({
    function: 'memcpy',
    callPath: ['memcpy'],
    text: [
      'Unable to handle kernel NULL pointer dereference at virtual address 00000004',
      '[00000004] *pgd=00000000',
      'memcpy',
    ],
  })
})

test('a fault is recognised by its name, whichever copy of the module threw it', () => {
  const other = Object.assign(new Error('x'), { name: 'SimulatedOops' })
  expect([other, new Error('SimulatedOops'), { name: 'SimulatedOops' }, undefined].map(isSimulatedOops)).toEqual([
    true,
    false,
    false,
    false,
  ])
})
