// All hazards of a device tree blob, worst first.
import { dmaFactsOfTree, type DmaFactsOptions } from '../facts/dma-facts.ts'
import type { MemoryOptions } from '../import/parts.ts'
import { readBoardTree } from '../overlay/board-tree.ts'
import { DeviceTree } from '../of/tree.ts'
import { lintDevices } from './devices.ts'
import { SEVERITIES, type LintFinding, type Report } from './finding.ts'
import { lintMemory } from './memory.ts'
import { lintPci, lintWindows } from './windows.ts'
import { lintRegions } from './regions.ts'
import { lintTree } from './tree.ts'

/** Memory as `importBoard` takes it: where the tree states none, or another board has more. */
export interface LintOptions extends DmaFactsOptions, Omit<MemoryOptions, 'file'> {}

/** @throws InputError when the blob is not a device tree */
export function lintDtb(blob: Uint8Array, options: LintOptions): LintFinding[] {
  const tree = new DeviceTree(readBoardTree(blob, options.file))
  const facts = dmaFactsOfTree(tree, blob, options)
  const findings: LintFinding[] = []
  const report: Report = (code, severity, node, message) => {
    findings.push({ code, severity, node, message })
  }
  lintRegions(facts, report)
  lintDevices(facts, report)
  lintTree(tree, report)
  lintWindows(facts, report)
  lintPci(facts, report)
  lintMemory(tree, facts, options, report)
  return findings.toSorted((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity))
}
