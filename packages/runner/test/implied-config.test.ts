// Options that a machine with an IOMMU brings along.
import { InputError, type KernelDef, type KernelSpec, type Machine } from '@dmalab/api'
import { describe, expect, it } from 'vitest'
import { configuredFor } from '../src/implied-config.ts'

const machine = (enabled: boolean): Machine =>
  ({ name: 'board', iommus: [{ name: 'iommu', model: 'samsung-sysmmu', enabled }] }) as unknown as Machine

const kernel = (given: Readonly<Record<string, boolean>> = {}): KernelSpec => {
  const config: KernelDef['config'] = {
    LONG_LISTS: { meaning: 'm', default: false, withIommu: { value: true, selectedBy: 'USE_IOMMU' } },
    OTHER: { meaning: 'm', default: false },
  }
  return { name: 'k', base: { config } as KernelDef, patches: [], options: { config: given, cmdline: {} } }
}

describe('an option that goes with an IOMMU', () => {
  it('has its value where the board has one in use', () => {
    expect(configuredFor(kernel({ OTHER: true }), machine(true)).options.config).toEqual({
      OTHER: true,
      LONG_LISTS: true,
    })
    expect(configuredFor(kernel({ LONG_LISTS: true }), machine(true)).options.config).toEqual({ LONG_LISTS: true })
  })

  it('is left alone where the IOMMU is off', () => {
    expect(configuredFor(kernel(), machine(false)).options.config).toEqual({})
    expect(configuredFor(kernel({ LONG_LISTS: false }), machine(false)).options.config).toEqual({ LONG_LISTS: false })
  })

  it('cannot be switched off against it', () => {
    expect(() => configuredFor(kernel({ LONG_LISTS: false }), machine(true))).toThrow(InputError)
    expect(() => configuredFor(kernel({ LONG_LISTS: false }), machine(true))).toThrow(
      'CONFIG_LONG_LISTS cannot be n: board board has an IOMMU in use',
    )
  })
})
