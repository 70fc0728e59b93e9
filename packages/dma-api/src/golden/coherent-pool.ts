// Topic coherent-pool: one pool of one device, driven through the kernel's own functions for it.
import {
  dma,
  type GoldenAdapter,
  type GoldenCase,
  type Host,
  type KernelVaddr,
  orderOf,
  PAGE_SIZE,
  pagesFor,
  phys,
  unreturned,
  vaddr,
} from '@dmalab/api'
import { openVectorLab } from './machine.ts'
import { address, errorOf, hexString, list, num, rows, status } from './values.ts'

const ALIGN = 2 ** 24

export const coherentPool: GoldenAdapter = {
  topic: 'coherent-pool',
  run(input, context) {
    const size = num(input['size'])
    const at = address(input['phys'])
    const map = input['map'] === undefined ? undefined : rows(input['map'])
    const ranges = map?.map(([cpu, bus, len]) => ({ cpu: address(cpu), bus: address(bus), len: address(len) }))
    const window = vmallocWindow(BigInt(String(input['virt'])), size)
    const base = at - (at % ALIGN)
    const lab = openVectorLab(context, {
      memory: [{ base, len: Math.ceil((at + size - base) / ALIGN + 1) * ALIGN }],
      reserved: [{ name: 'pool', base: at, len: size, noMap: true, reusable: false }],
      device: ranges === undefined ? {} : { dmaRanges: ranges },
      layout: { vmalloc: window },
    })
    const host = lab.host(lab.device('device'))
    const made = host.declareCoherentMemory(phys(at), map === undefined ? dma(address(input['dev'])) : null, size)
    if (!made.ok) return { r: status(made) }
    const before = lab.balance()
    const { ops, giveBack } = runOps(host, input, window.start)
    giveBack()
    return { r: 0, pages: host.device.pool?.pages, ops, ...unreturned(before, lab.balance()) }
  },
}

/** The pool is the first thing mapped there. */
const vmallocWindow = (start: bigint, size: number) => ({
  start,
  end: start + BigInt((pagesFor(size) + 16) * PAGE_SIZE),
})

const runOps = (
  host: Host,
  input: GoldenCase,
  virt: bigint,
): { readonly ops: readonly unknown[]; readonly giveBack: () => void } => {
  const allocated: (KernelVaddr | null)[] = []
  /** Orders of the blocks that are held. */
  const held = new Map<KernelVaddr, number>()
  const release = (order: number, at: KernelVaddr): boolean => {
    const released = host.releaseFromDevCoherent(order, at)
    if (released) held.delete(at)
    return released
  }
  const cpuAddr = (id: unknown): KernelVaddr => allocated[num(id)] ?? vaddr(0n)
  const ops = rows(input['ops']).map((op) => {
    switch (op[0]) {
      case 'a': {
        const got = host.allocFromDevCoherent(num(op[1]), 'vectors')
        if (got === undefined) throw new Error('the device has no pool')
        allocated.push(got.ok ? got.value.cpuAddr : null)
        if (!got.ok) return ['a', op[1], -1]
        held.set(got.value.cpuAddr, orderOf(num(op[1])))
        const page = Number(got.value.cpuAddr - virt) / PAGE_SIZE
        return ['a', op[1], page, hexString(got.value.handle), hexString(got.value.cpuAddr)]
      }
      case 'f':
        return ['f', op[1], op[2], Number(release(num(op[2]), cpuAddr(op[1])))]
      case 'x':
        return ['x', op[1], op[2], Number(release(num(op[2]), vaddr(BigInt(String(op[1])))))]
      case 'm': {
        const [, id, len, pgoff, userPages] = op
        const mapped = host.mmapFromDevCoherent(cpuAddr(id), num(len), num(pgoff), num(userPages) * PAGE_SIZE)
        const same = ['m', id, len, pgoff, userPages]
        if (mapped === undefined) return [...same, 0, null, null, null]
        if (!mapped.ok) return [...same, 1, errorOf(mapped), null, null]
        return [...same, 1, 0, hexString(mapped.value.phys / PAGE_SIZE), mapped.value.len]
      }
      default:
        throw new Error(`unknown operation ${String(list(op)[0])}`)
    }
  })
  return {
    ops,
    giveBack: () => {
      for (const [at, order] of held) release(order, at)
    },
  }
}
