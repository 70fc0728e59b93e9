// A small 32-bit machine for tests: 256 MiB from 0x4000_0000, the upper half highmem, a no-map hole of 1 MiB.
import {
  type Event,
  type EventBody,
  type EventSink,
  type KernelFacts,
  type Machine,
  type Oops,
  type PageArray,
  RELEASES,
} from '@dmalab/api'
import { compileHotSync } from '@dmalab/hot'
import { ARM } from './arches.ts'
import { isSimulatedOops, KernelStack, layOut, Memory } from '../src/index.ts'

export const FACTS: KernelFacts = {
  ...RELEASES['4.11'],
  arch: ARM,
  sgEntrySize: 16,
  sgDmaLength: false,
  dmaAddrSize: 4,
  physAddrSize: 4,
}

export const RAM = 0x4000_0000
export const POOL = 0x4100_0000
export const HIGHMEM = 0x4800_0000

export const machine = (pageArray?: PageArray): Machine => ({
  name: 'small',
  title: 'a small machine',
  arch: 'arm',
  cpu: { lineSize: 64, aliasing: false },
  memory: [{ base: RAM, len: 256 * 2 ** 20 }],
  reserved: [{ name: 'pool', base: POOL, len: 2 ** 20, compatible: 'shared-dma-pool', noMap: true, reusable: false }],
  layout: { lowmemEnd: HIGHMEM, ...(pageArray === undefined ? {} : { pageArray }) },
  iommus: [],
  devices: [],
  bindings: {},
})

export interface Opened {
  readonly memory: Memory
  readonly stack: KernelStack
  readonly events: Event[]
}

const module = compileHotSync()

/** The machine opened, with every event kept that is wanted. */
export const open = (
  from: Machine = machine(),
  facts: KernelFacts = FACTS,
  wants: EventSink['wants'] = () => true,
): Opened => {
  const events: Event[] = []
  const sink = { wants, emit: (event: EventBody) => void events.push({ at: 0, ...event }) }
  const stack = new KernelStack(facts)
  return {
    memory: new Memory({ machine: from, facts, layout: layOut(from, facts), module, sink, stack }),
    stack,
    events,
  }
}

/** The fault that `body` must end in. */
export const oopsOf = (body: () => unknown): Oops => {
  try {
    body()
  } catch (e) {
    if (isSimulatedOops(e)) return e.oops
    throw e
  }
  throw new Error('nothing faulted')
}
