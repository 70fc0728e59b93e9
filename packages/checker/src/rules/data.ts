// What went visibly wrong in a model run: wrong bytes, memory of another owner, a fault, a pointer to no struct page.
import { bytes, finding, hex, type CheckerRule } from '@dmalab/api'

export const dataRule: CheckerRule = {
  name: 'data',
  source: 'the model compares every byte that is read with what was written',
  codes: [
    'wrong-bytes',
    'foreign-memory',
    'type-confusion',
    'kernel-oops',
    'sg-split-miscount',
    'sg-pages-surplus',
    'bounce-sync-refused',
    'unmap-attrs-leak',
    'iova-part-lost',
    'bounce-unreachable',
    'bounce-too-long',
    'attribute-bit-taken',
    'v7s-split-loses-address',
    'v7s-supersection-split-refused',
    'pgtable-block-replaces-live',
    'pgtable-failed-map-destroys',
    'dma-segment-limit-wraps',
    'dma-unmap-at-top-skipped',
    'iommu-stale-translation',
    'vb2-import-keeps-references',
    'iommu-refused-memory-lost',
  ],
  create: (report) => ({
    onEvent(event): void {
      const evidence = [event.at]
      switch (event.event) {
        case 'device_access': {
          const { device } = event
          const buffer = event.buffer === undefined ? '' : `${event.buffer}: `
          const what = `${event.write ? 'wrote' : 'read'} ${bytes(event.size)} at ${hex(event.dmaAddr)}`
          if (event.wrong !== undefined && event.wrong > 0) {
            const first = event.firstWrong === undefined ? '' : `, the first at offset ${event.firstWrong}`
            report(
              finding('wrong-bytes', `${buffer}${device} ${what}: ${event.wrong} bytes are wrong${first}`, {
                device,
                evidence,
              }),
            )
          }
          if (event.foreign !== undefined)
            report(
              finding('foreign-memory', `${buffer}${device} ${what}, which belongs to ${event.foreign}`, {
                device,
                evidence,
              }),
            )
          return
        }
        case 'cpu_access':
          if (event.wrong !== undefined && event.wrong > 0) {
            const buffer = event.buffer === undefined ? '' : `${event.buffer}: `
            const where = event.virtAddr === '' ? `physical ${hex(event.physAddr)}` : event.virtAddr
            const what = `${event.task} ${event.write ? 'wrote' : 'read'} ${bytes(event.size)} at ${where}`
            report(
              finding('wrong-bytes', `${buffer}${what} (${event.mapping}): ${event.wrong} bytes are wrong`, {
                evidence,
              }),
            )
          }
          return
        case 'type_confusion':
          report(
            finding(
              'type-confusion',
              `${event.what} at ${event.virtAddr} was read as a struct page and gave ${event.read}`,
              { evidence },
            ),
          )
          return
        case 'stale_translation': {
          const { device, dmaAddr, physAddr, write } = event
          const did = `${device} ${write ? 'wrote' : 'read'} ${hex(dmaAddr)}`
          const text = `${did} after its unmap and reached ${hex(physAddr)}: the TLB was not flushed yet`
          report(finding('iommu-stale-translation', text, { evidence, device }))
          return
        }
        case 'kernel_quirk': {
          const { code, text, device } = event
          report(finding(code, text, { evidence, ...(device === undefined ? {} : { device }) }))
          return
        }
        case 'oops': {
          const { address, function: where, reason, callPath } = event.oops
          const callers = callPath.filter((symbol, index) => index > 0 || symbol !== where).slice(0, 4)
          const path = callers.length === 0 ? '' : ` (called from ${callers.join(' <- ')})`
          report(finding('kernel-oops', `${reason} at ${address} in ${where}${path}`, { evidence }))
          return
        }
        default:
      }
    },
    onEnd(): void {},
  }),
}
