// The device of a message on its board: what its mask, the windows of its bus, its pool and its IOMMU let it reach.
import { bytes, type DeviceFacts, type Evidence, hex, type Machine, type Range } from '@dmalab/api'
import { at, type Case } from '../facts/case-facts.ts'

export interface Located {
  readonly device: DeviceFacts
  /** How the board calls what the log names; empty: the same. */
  readonly stands: string
  /** Bits of its mask, where an input states them. */
  readonly mask: { readonly bits: number; readonly evidence: Evidence } | undefined
}

/** `name` as a log or trace has it, or the path of its node. */
export const locate = (one: Case, name: string): Located | undefined => {
  const machine = one.board?.machine
  if (machine === undefined || name === '') return undefined
  const mask = maskOf(one, name)
  const { devices } = machine
  const path = one.tree?.names.get(name)
  const exact = devices.find((device) => device.name === name || device.title === name || device.title === path)
  if (exact !== undefined)
    return {
      device: exact,
      stands: [exact.name, exact.title].includes(name) ? '' : `${name} is ${exact.title ?? exact.name} of the tree`,
      mask,
    }
  const address = /^([0-9a-f]{5,12})\./.exec(name)?.[1]
  const near = address === undefined ? undefined : atAddress(one, address)
  if (near !== undefined) return { device: near, stands: `${name} is ${near.name} of the tree`, mask }
  if (!/^[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.\d$/.test(name)) return undefined
  const hosts = devices.filter((device) => device.pci !== undefined)
  // Which host bridge has which domain is for the kernel to count; alike ones answer alike.
  const [first] = hosts
  if (first === undefined) return undefined
  const chosen = hosts.find((host) => reachOf({ ...host, maskBits: 64 }, machine.memory).lowest > 0) ?? first
  return {
    device: chosen,
    stands: `${name} is a PCI function: it has the windows of its host bridge ${chosen.name}${hosts.length > 1 ? ` (one of ${hosts.length})` : ''}`,
    mask,
  }
}

/** A driver may add to the name of its device: `fe801000.csi1`. */
const atAddress = (one: Case, address: string): DeviceFacts | undefined => {
  const paths = [...(one.tree?.names ?? [])].flatMap(([known, path]) => (known.startsWith(`${address}.`) ? [path] : []))
  return one.board?.machine.devices.find(
    ({ name, title }) => name.startsWith(`${address}.`) || (title !== undefined && paths.includes(title)),
  )
}

const maskOf = (one: Case, name: string): Located['mask'] => {
  for (const { file, masks } of one.masks) {
    const mask = masks.get(name)
    if (mask !== undefined) return { bits: mask.bits, evidence: at(file, mask) }
  }
  for (const { file, facts } of one.traces) {
    const use = facts.devices.get(name)
    if (use?.maskBits !== undefined)
      return {
        bits: use.maskBits,
        evidence: { file, line: use.line, text: `swiotlb_bounced: ${name} dma_mask of ${use.maskBits} bits` },
      }
  }
  return undefined
}

interface Reach {
  /** Bytes of memory it addresses. */
  readonly bytes: number
  /** Lowest and highest bus address of memory that its windows lead to. */
  readonly lowest: number
  readonly highest: number
}

const end = ({ base, len }: Range): number => base + len

const reachOf = ({ dmaRanges, maskBits, busLimit }: DeviceFacts, memory: readonly Range[]): Reach => {
  const limit = Math.min(2 ** maskBits, (busLimit ?? Infinity) + 1)
  const windows = dmaRanges ?? [{ cpu: 0, bus: 0, len: Infinity }]
  let reached = 0
  let lowest = Infinity
  let highest = 0
  for (const { cpu, bus, len } of windows)
    for (const bank of memory) {
      const from = Math.max(bank.base, cpu)
      const to = Math.min(end(bank), cpu + len)
      if (to <= from) continue
      const busFrom = from - cpu + bus
      lowest = Math.min(lowest, busFrom)
      highest = Math.max(highest, to - cpu + bus - 1)
      reached += Math.max(0, Math.min(to - cpu + bus, limit) - busFrom)
    }
  return { bytes: reached, lowest: lowest === Infinity ? 0 : lowest, highest }
}

const bitsFor = (address: number): number => Math.max(1, Math.floor(Math.log2(address)) + 1)

export interface Said {
  readonly what: readonly string[]
  readonly evidence: readonly Evidence[]
  readonly tries: readonly string[]
  /** It explains by itself what the message says. */
  readonly decides: boolean
  /** It rests on a mask that no input states. */
  readonly guess?: boolean
}

/** What the board says of a device that got no memory, or bounces. */
export const sayReach = (one: Case, located: Located): Said => {
  const machine = one.board?.machine
  if (machine === undefined) return { what: [], evidence: [], tries: [], decides: false }
  const { stands, mask } = located
  const device = mask === undefined ? located.device : { ...located.device, maskBits: mask.bits }
  const { name } = located.device
  const group = groupOf(one, name)
  // What the running kernel did decides over what the tree allows.
  const iommu =
    group?.type === 'identity' ? undefined : machine.iommus.find((each) => each.name === device.iommu && each.enabled)
  const what = [...(stands === '' ? [] : [stands]), ...(group === undefined ? [] : [group.says])]
  const tries: string[] = []
  const evidence: Evidence[] = [
    { file: one.board?.file ?? '', line: null, text: device.title ?? name },
    ...(mask === undefined ? [] : [mask.evidence]),
    ...(group === undefined ? [] : [group.evidence]),
  ]
  let decides = false
  const reach = reachOf(device, machine.memory)
  const total = machine.memory.reduce((sum, { len }) => sum + len, 0)
  const guess =
    mask === undefined && machine.assumed?.some((each) => each.fact === 'mask' && each.device === name) === true
  const maskText = guess
    ? `${device.maskBits} bits, which a driver has that asks for no more`
    : `${device.maskBits} bits`
  if (iommu !== undefined) what.push(`${name} is behind the IOMMU ${iommu.name}: it reaches all memory`)
  else if (total > 0 && reach.bytes === 0) {
    decides = true
    what.push(
      `${name} reaches no memory at all: its bus shows memory at bus addresses ${hex(reach.lowest)} to ${hex(reach.highest)}, and its mask has ${maskText}. It takes ${bitsFor(reach.lowest)} bits to reach any of it and ${bitsFor(reach.highest)} to reach all`,
    )
    tries.push(
      `dma_set_mask_and_coherent(dev, DMA_BIT_MASK(${bitsFor(reach.lowest)})) or more in its driver, if the hardware drives so many address lines`,
      'a dma-ranges window that shows memory at bus addresses below the mask',
    )
  } else if (reach.bytes < total)
    what.push(
      `${name} reaches ${bytes(reach.bytes)} of ${bytes(total)} (mask of ${maskText}${device.dmaRanges === undefined ? '' : ', windows of its bus'}): what lies beyond is bounced, or cannot be had`,
    )
  else what.push(`${name} reaches all memory (mask of ${maskText})`)
  for (const pool of iommu === undefined ? poolsOf(device, machine) : []) {
    const { bytes: inPool } = reachOf(device, [pool])
    if (inPool >= pool.len) continue
    decides ||= inPool === 0
    what.push(
      `its pool ${pool.name} lies at ${hex(pool.base)} (${bytes(pool.len)}), beyond its mask: it takes ${bitsFor(reachOf({ ...device, maskBits: 64 }, [pool]).highest)} bits`,
    )
    tries.push('a wider DMA mask in its driver (u-dma-buf: dma-mask = <64>)', 'a pool that lies below the mask')
  }
  return { what, evidence, tries, decides, guess }
}

const groupOf = (one: Case, name: string) => {
  for (const { file, groups } of one.groups) {
    const group = groups.get(name)
    if (group !== undefined)
      return {
        type: group.type,
        says:
          group.type === 'identity'
            ? `its IOMMU does not translate for ${name} (type identity)`
            : `the kernel translates for ${name} (IOMMU group of type ${group.type})`,
        evidence: at(file, group),
      }
  }
  return undefined
}

const poolsOf = (device: DeviceFacts, { reserved }: Machine) =>
  reserved.filter(({ name }) => device.pools.includes(name))
