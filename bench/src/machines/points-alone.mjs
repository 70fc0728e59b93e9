// Runs the points of the row two-threads in this process, warm, and prints how many milliseconds they took by the clock on the wall.
import { openLaboratory, runPoint, specOf } from '@dmalab/lab'

const parts = await openLaboratory()
const spec = specOf(parts.registry, { kernels: ['arm@4.11+nopage-rfc'], frames: 10, buffers: 4, size: '1280x720' })
for (let i = 0; i < 4; i++) await runPoint(parts, spec)
const start = performance.now()
for (let i = 0; i < Number(process.argv[2]); i++) await runPoint(parts, spec)
console.log(performance.now() - start)
