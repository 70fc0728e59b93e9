// The name that a kernel gives the platform device of a node: by the CPU address of its registers, or by names up to the first node that
// has one.
import { type FdtNode, readNumber, upwards } from '../fdt/node.ts'
import { addressCells, isPciBus, sizeCells } from './bus.ts'

/**
 * `fe801000.csi` of `/soc/csi@7e801000` where soc shows it at 0xfe801000; `soc:gpu` of `/soc/gpu`.
 * Models: Linux v6.12 drivers/of/device.c: of_device_make_bus_id
 * Leaves out: the property mask.
 */
export function kernelDeviceName(node: FdtNode): string {
  let name = ''
  for (const at of upwards(node)) {
    if (at.parent === undefined) break
    const address = cpuAddress(at)
    if (address !== undefined) return `${address.toString(16)}.${at.baseName}${name === '' ? '' : `:${name}`}`
    name = name === '' ? at.name : `${at.name}:${name}`
  }
  return name
}

/**
 * CPU address of the first registers of a node; undefined: it has none, or no bus leads there.
 * Models: Linux v6.12 drivers/of/address.c: of_translate_address
 */
function cpuAddress(node: FdtNode): bigint | undefined {
  const reg = node.cells('reg')
  let bus = node.parent
  if (reg === undefined || bus === undefined || isPciBus(bus)) return undefined
  const count = addressCells(bus)
  if (count < 1 || count > 2 || sizeCells(bus) < 1 || reg.length < count) return undefined
  let address = readNumber(reg, 0, count)
  for (let above = bus.parent; above !== undefined; bus = above, above = bus.parent) {
    const translated = through(bus, above, address)
    if (translated === undefined) return undefined
    address = translated
  }
  return address
}

/** One bus up. A bus without ranges leads nowhere; an empty one shows all at the same place. */
function through(bus: FdtNode, above: FdtNode, address: bigint): bigint | undefined {
  const ranges = bus.cells('ranges')
  if (ranges === undefined || isPciBus(bus)) return undefined
  if (ranges.length === 0) return address
  const [child, parent, size] = [addressCells(bus), addressCells(above), sizeCells(bus)]
  const entry = child + parent + size
  for (let at = 0; at + entry <= ranges.length; at += entry) {
    const from = readNumber(ranges, at, child)
    const len = readNumber(ranges, at + child + parent, size)
    if (address >= from && address < from + len) return readNumber(ranges, at + child, parent) + (address - from)
  }
  return undefined
}
