// Device trees of a few nodes, and the machine that an import makes of them.
import { machineFromDtb, type ImportOptions } from '../../src/import/board.ts'
import { writeDtb, type Tree } from '../dtb-writer.ts'

export const MIB = 2 ** 20
export const cells: Tree = { '#address-cells': 1, '#size-cells': 1 }
export const a9: Tree = { cpus: { 'cpu@0': { device_type: 'cpu', compatible: 'arm,cortex-a9', reg: 0 } } }
export const memory = (base: number, size: number): Tree => ({
  [`memory@${base.toString(16)}`]: { device_type: 'memory', reg: [base, size] },
})
export const reserved = (children: Tree): Tree => ({ 'reserved-memory': { ...cells, ranges: true, ...children } })

export const machine = (tree: Tree, options: Partial<ImportOptions> = {}) =>
  machineFromDtb(writeDtb({ ...cells, ...a9, ...tree }), { file: 'board.dtb', ...options })
