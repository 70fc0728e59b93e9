// A user's program: the library by both of its names.
import { compare, explain, run } from 'dmalab'
import { run as runInLab } from '@dmalab/lab'

const request = { kernels: ['arm@4.11'], frames: 1, size: '640x480' }
const here = await run(request)
const four = await compare({ frames: 1, size: '640x480' })
const inLab = await runInLab(request)
if (explain('leak-mapping').code !== 'leak-mapping') throw new Error('explain does not know its code')
console.log(here.runs[0].verdict, four.runs.length, inLab.runs[0].verdict)
