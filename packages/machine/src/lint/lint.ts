// All hazards of a device tree blob, worst first.
import { dmaFactsOfTree, type DmaFactsOptions } from '../facts/dma-facts.ts'
import { readFdt } from '../fdt/read.ts'
import { DeviceTree } from '../of/tree.ts'
import { lintDevices } from './devices.ts'
import { SEVERITIES, type LintFinding, type Report } from './finding.ts'
import { lintRegions } from './regions.ts'
import { lintTree } from './tree.ts'

/** @throws InputError when the blob is not a device tree */
export function lintDtb(blob: Uint8Array, options: DmaFactsOptions): LintFinding[] {
  const tree = new DeviceTree(readFdt(blob, options.file))
  const facts = dmaFactsOfTree(tree, blob, options)
  const findings: LintFinding[] = []
  const report: Report = (code, severity, node, message) => {
    findings.push({ code, severity, node, message })
  }
  lintRegions(facts, report)
  lintDevices(facts, report)
  lintTree(tree, report)
  return findings.toSorted((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity))
}
