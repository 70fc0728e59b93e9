// STMicroelectronics.
import { capture, converter, decoder, driver, encoder } from './rows.ts'

export const ST = [
  ...driver('stm32-dcmi', 'drivers/media/platform/st/stm32/stm32-dcmi.c', {}, [
    'st,stm32-dcmi',
    capture({ least: [0, 2], fileIo: true }),
  ]),
  ...driver(
    'dcmipp',
    'drivers/media/platform/st/stm32/stm32-dcmipp/dcmipp-bytecap.c',
    {
      note: 'matched in dcmipp-core.c',
    },
    ['st,stm32mp13-dcmipp', capture({ least: [0, 1] })],
  ),
  ...driver('stm-dma2d', 'drivers/media/platform/st/stm32/dma2d/dma2d.c', {}, ['st,stm32-dma2d', converter()]),
  ...driver('bdisp', 'drivers/media/platform/st/sti/bdisp/bdisp-v4l2.c', {}, ['st,stih407-bdisp', converter()]),
  ...driver('st-hva', 'drivers/media/platform/st/sti/hva/hva-v4l2.c', {}, [
    'st,st-hva',
    encoder('h264', { least: [1, 1] }),
  ]),
  ...driver('st-delta', 'drivers/media/platform/st/sti/delta/delta-v4l2.c', {}, ['st,st-delta', decoder('jpeg')]),
]
