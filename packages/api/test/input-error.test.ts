import { describe, expect, it } from 'vitest'
import { InputError, isInputError } from '../src/index.ts'

describe('bad input', () => {
  it('says where, as far as it is known, and then what', () => {
    expect(new InputError('is not a size').message).toBe('is not a size')
    expect(new InputError('is not a size', { file: 'board.yaml' }).message).toBe('board.yaml: is not a size')
    expect(new InputError('is not a size', { file: 'board.yaml', line: 3, column: 7 }).message).toBe(
      'board.yaml:3:7: is not a size',
    )
    expect(new InputError('is not a size', { file: 'board.yaml', path: 'memory.0.size' }).message).toBe(
      'board.yaml: memory.0.size: is not a size',
    )
    expect(new InputError('is not a size', { path: 'memory.0.size' }).message).toBe('memory.0.size: is not a size')
  })

  it('keeps place and hint for whoever prints it', () => {
    const error = new InputError('is not a size', { path: 'cma' }, 'write 64MiB')
    expect({ place: error.place, hint: error.hint }).toEqual({ place: { path: 'cma' }, hint: 'write 64MiB' })
  })

  it('is recognised by its name, so that two copies of the module do not matter', () => {
    const ofAnotherCopy = Object.assign(new Error('is not a size'), { name: 'InputError' })
    expect(
      [new InputError('x'), ofAnotherCopy, new Error('x'), { name: 'InputError' }, null].map(isInputError),
    ).toEqual([true, true, false, false, false])
  })
})
