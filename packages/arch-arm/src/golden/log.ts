// What the vectors write for each primitive call, out of the events of a laboratory.
import { type CacheMaintenance, type Lab, PAGE_SIZE, vaddr } from '@dmalab/api'

const logLine = (event: CacheMaintenance): readonly (string | number)[] => {
  const { op, physAddr, size, dir } = event
  if (op === 'pgclean') return [op, physAddr / PAGE_SIZE]
  return op === 'map' || op === 'unmap' ? [op, physAddr, size, dir] : [op, physAddr, size]
}

/** Runs `body` and returns what it logged; a page that does not exist ends the log as the kernel's fault ends the call. */
export const logged = (lab: Lab, body: () => void): unknown[] => {
  const log: unknown[] = []
  const stop = lab.listen('page', (event) => {
    if (event.event === 'cache_maint') log.push(logLine(event))
  })
  try {
    body()
  } catch (e) {
    if (!(e instanceof Error) || e.name !== 'SimulatedOops') throw e
    const { address } = (e as Error & { oops: { address: string } }).oops
    log.push(['badpage', lab.mem.pageToPfn({ kind: 'vaddr', at: vaddr(BigInt(address)) })])
  } finally {
    stop()
  }
  return log
}
