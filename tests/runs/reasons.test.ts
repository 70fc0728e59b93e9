// Why memory is refused: the cause in sizes, never the fallback that came last.
import { openLaboratory, run } from '@dmalab/lab/node'
import { expect, it } from 'vitest'

const laboratory = await openLaboratory()
const camera = (cmdline: string, size = '3840x2160') =>
  run(
    { work: 'v4l2src ! kmssink', board: 'bcm2711-rpi-4-b', kernels: ['arm64@6.12'], size, frames: 2, cmdline },
    { laboratory },
  )
const NEEDS = '4 buffers of 12152 KiB need 48608 KiB'

it.each([
  [
    'an area that is exhausted',
    'cma=16M',
    `${NEEDS}, and only 1 could be had: 12152 KiB are needed and CMA area reserved has 16 MiB, 2696 KiB free; 12152 KiB is more than the largest buddy block (4 MiB): try cma=64M`,
  ],
  [
    'an area that could not be made',
    'cma=2048M',
    `${NEEDS}, and none could be had: 12152 KiB of contiguous memory are needed and cma=2048M could not be made: the largest free piece below 0x40000000 has `,
  ],
  [
    'no area',
    'cma=0',
    `12152 KiB of contiguous memory are needed and cma=0 asks for no CMA area; 12152 KiB is more than the largest buddy block (4 MiB): try cma=64M`,
  ],
  [
    'an area that is smaller than a buffer',
    'cma=4M',
    'CMA area reserved has 4 MiB, 2560 KiB free; 12152 KiB is more than the largest buddy block (4 MiB): try cma=64M',
  ],
])('%s is told as the cause', async (_what, cmdline, why) => {
  const [one] = (await camera(cmdline)).runs
  expect(one).toMatchObject({ verdict: 'refused', errno: 'ENOMEM' })
  expect(one?.why).toContain(why)
})

it('what is suggested works', async () => {
  expect((await camera('cma=64M')).runs[0]).toMatchObject({ verdict: 'works' })
})
