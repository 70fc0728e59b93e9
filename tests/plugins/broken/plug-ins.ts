// One deliberately broken plug-in for each suite of the test kit.
import type { AllocatorDef, DmaOpsDef, KernelDef, Patch } from '@dmalab/api'
import { openLaboratory } from '@dmalab/lab/node'
import { opTablesOf } from '@dmalab/runner'

export const parts = await openLaboratory()
const { registry } = parts
export const base = registry.kernels.get('arm@4.11')

const kernel = (name: string, change: (table: DmaOpsDef) => DmaOpsDef): KernelDef => ({
  ...base,
  name,
  ops: opTablesOf(base, registry).map(change),
})

/** Every capability says the opposite of what the table does. */
export const liar = kernel('arm-liar@4.11', (table) => ({
  ...table,
  caps: {
    pageless: 'refused',
    maintainsCaches: false,
    syncTouchesPage: false,
    mergesSegments: true,
    bounces: false,
    translates: true,
  },
}))

/** Forgets the half of every pair that tears down, and gives out addresses that the device does not have. */
export const forgetful = kernel('arm-forgetful@4.11', (table) => ({
  ...table,
  attach: (device, host) => ({
    ...table.attach(device, host),
    free: () => {},
    unmapPage: () => {},
    syncSingleForCpu: () => {},
    mapSg: (list, nents) => ({ ok: true, value: nents - list.origNents }),
  }),
}))

const contig = registry.allocators.get('vb2-dma-contig')
export const leaky: AllocatorDef = {
  ...contig,
  name: 'vb2-leaky',
  caps: { contiguous: false, userptr: false, dma: true },
  create: (host) => ({ ...contig.create(host), put: () => {} }),
}

export const careless: Patch = {
  name: 'careless',
  title: 'changes what is not there',
  source: 'a test',
  hunks: [],
  appliesTo: ['arm'],
  attrs: { MINE: 6144 },
  allocators: { 'vb2-contig': (next) => next },
  sg: { skip: { map: { bits: 8192, sets: [] } } },
}

registry.add({ name: 'broken', kernels: [liar, forgetful], allocators: [leaky], patches: [careless] })
