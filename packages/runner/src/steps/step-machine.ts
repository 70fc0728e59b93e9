// Carries out the steps of a scenario on a laboratory: each step is one call of a driver or of user space.
import { type Lab, ok, type ScenarioStep } from '@dmalab/api'
import { deviceAccess, mmapPart, userAccess } from './access-steps.ts'
import { giveBack } from './give-back.ts'
import { iovaAlloc, iovaLink, iovaRelease, iovaSync, iovaUnlink } from './iova-steps.ts'
import { declarePool, kernelMap, linearWrite, releasePool, scatterlist, setMask, unbind } from './kernel-steps.ts'
import { map, unmap } from './mapping-steps.ts'
import { alloc, free } from './memory-steps.ts'
import { fileIo, ioctl, queueAttrs } from './queue-steps.ts'
import { sgCopy } from './sg-copy-steps.ts'
import { attach, close, cpuAccess, detach, exportBuffer } from './share-steps.ts'
import { type Outcome, StepContext } from './step-context.ts'
import { sync } from './sync-steps.ts'
import { reuseTable, sgTable, touchPages } from './table-steps.ts'

export class StepMachine {
  private readonly context: StepContext

  constructor(lab: Lab, seed: number) {
    this.context = new StepContext(lab, seed)
  }

  /** Bytes that readers found different from what was written, so far. */
  get wrong(): number {
    return this.context.wrong
  }

  /** One step; `expect` is not one. @throws InputError for a step that the scenario cannot mean, SimulatedOops */
  do(step: ScenarioStep): Outcome {
    const c = this.context
    c.count++
    switch (step.do) {
      case 'alloc':
        return alloc(c, step)
      case 'free':
        return free(c, c.buffer(step.buffer))
      case 'export':
        return exportBuffer(c, c.buffer(step.buffer))
      case 'close':
        return close(c, c.buffer(step.buffer))
      case 'attach':
        return attach(c, c.buffer(step.buffer), c.lab.device(step.device), step.peer2peer)
      case 'detach':
        return detach(c, step)
      case 'map':
        return map(c, step)
      case 'unmap':
        return unmap(c, step)
      case 'iova-alloc':
        return iovaAlloc(c, step)
      case 'iova-link':
        return iovaLink(c, step)
      case 'iova-sync':
        return iovaSync(c, step)
      case 'iova-unlink':
        return iovaUnlink(c, step)
      case 'iova-free':
      case 'iova-destroy':
        return iovaRelease(c, step)
      case 'sync':
        return sync(c, step)
      case 'begin-cpu-access':
      case 'end-cpu-access':
        return cpuAccess(c, step)
      case 'device-read':
      case 'device-write':
        return deviceAccess(c, step)
      case 'cpu-read':
      case 'cpu-write':
        return userAccess(c, step)
      case 'reuse-table':
        return reuseTable(c, step)
      case 'touch-pages':
        return touchPages(c, c.importer(step))
      case 'read':
      case 'write':
        return fileIo(c, step)
      case 'wait':
        c.lab.passTime(step.ms)
        return ok(`${step.ms} ms`)
      case 'declare-pool':
        return declarePool(c, step)
      case 'release-pool':
        return releasePool(c, step)
      case 'set-mask':
        return setMask(c, step)
      case 'queue-attrs':
        return queueAttrs(c, step)
      case 'unbind':
        return unbind(c, step)
      case 'sg-copy-to-buffer':
      case 'sg-copy-from-buffer':
        return sgCopy(c, step)
      case 'linear-write':
        return linearWrite(c, c.buffer(step.buffer))
      case 'mmap':
        return mmapPart(c, step)
      case 'vmap':
      case 'kmap':
        return kernelMap(c, step)
      case 'sg-table':
        return sgTable(c, step)
      case 'scatterlist':
        return scatterlist(c, step)
      case 'expect':
        throw new Error('expectations are for the runner')
      default:
        return ioctl(c, step)
    }
  }

  /** After exit(): gives back mappings, attachments and memory that the steps left. */
  giveBack(): void {
    giveBack(this.context)
  }

  /** Closes what is open, as the kernel does when a task exits. */
  exit(): void {
    const { lab, drivers, buffers } = this.context
    for (const driver of drivers.values()) driver.close()
    for (const { fd } of buffers.values()) if (fd !== null) lab.dmaBuf.close(fd)
  }
}
