// The kernel that a log names is the one it is replayed on, unless another is asked for.
import { InputError, type ReplayReport } from '@dmalab/api'
import { readBoard, replay, specOf } from '@dmalab/lab'
import { openLaboratory } from '@dmalab/lab/node'
import { createReader } from '@dmalab/trace'
import { describe, expect, it } from 'vitest'

const parts = await openLaboratory()
const machine = readBoard('bcm2711-rpi-4-b')
const EVENTS = [
  '     irq/1-100     [000] .....    10.000001: dma_map_page: ethernet dir=FROM_DEVICE dma_addr=40000000 size=4096 phys_addr=40000000 attrs=0x0',
  '     irq/1-100     [000] .....    10.000002: dma_unmap_page: ethernet dir=FROM_DEVICE dma_addr=40000000 size=4096 attrs=0x0',
]

const replayed = (head: readonly string[], kernel: string): Promise<ReplayReport> =>
  replay(parts, { machine, kernel, config: [], cmdline: '', devices: {} }, async (onEvent) => {
    const reader = createReader({ onEvent })
    reader.push(new TextEncoder().encode([...head, ...EVENTS, ''].join('\n')))
    reader.end()
  })

describe('trace replay --kernel auto', () => {
  it('takes the release that the log names, and warns of what no mainline release has', async () => {
    const head = ['[    0.000000] Linux version 6.12.47+rpt-rpi-v8 (a@b) (aarch64-linux-gnu-gcc-14) #1 SMP']
    expect(await replayed(head, 'auto')).toMatchObject({
      kernel: 'arm64@6.12',
      notes: [
        'kernel arm64@6.12.47: the log is of 6.12.47+rpt-rpi-v8 on arm64',
        'warning: +rpt-rpi-v8 is a kernel of Raspberry Pi: changes that it carries are not modelled',
      ],
    })
  })
  it('says which release stands in for one that is not modelled', async () => {
    const { kernel, notes } = await replayed(['# function latency trace v1.1.5 on 7.1.3'], 'auto')
    expect([kernel, ...notes]).toEqual([
      'arm64@7.2',
      'kernel arm64@7.1.3: the log is of 7.1.3',
      'warning: arm64@7.1.3 is not modelled: arm64@7.2 stands in for it; none of the recorded differences between them touches this case',
    ])
  })
  it('takes another that is asked for, by its release alone', async () => {
    expect(await replayed(['# function latency trace v1.1.5 on 7.0.3'], '6.1')).toMatchObject({
      kernel: 'arm64@6.1',
      notes: [],
    })
  })
  it('takes a 32-bit kernel on a 64-bit board for what it is', async () => {
    const head = ['[    0.000000] Linux version 6.12.47-v7l+ (a@b) (arm-linux-gnueabihf-gcc-14) #1 SMP']
    const { kernel, notes } = await replayed(head, 'auto')
    expect([kernel, ...notes.slice(0, 2)]).toEqual([
      'arm@6.12',
      'kernel arm@6.12.47: the log is of 6.12.47-v7l+ on arm',
      'a kernel of arm on a board of arm64',
    ])
  })
  it('is refused where the log names none, and where there is no log', async () => {
    await expect(replayed([], 'auto')).rejects.toThrow('does not say which kernel')
    expect(() => specOf(parts.registry, { kernels: ['auto'] })).toThrow(InputError)
  })
  it('serves a RunSpec that holds a log', () => {
    const work = { log: `Linux version 6.1.55 (a) (gcc) #1\n${EVENTS.join('\n')}`, file: 'log', devices: {} }
    expect(specOf(parts.registry, { board: 'bcm2711-rpi-4-b', kernels: ['auto'], work }).kernels).toEqual([
      'arm64@6.1.55',
    ])
  })
})
