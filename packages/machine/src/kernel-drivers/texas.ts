// Texas Instruments, with the cores of Chips&Media, Imagination and Cadence on its chips.
import {
  capture,
  converter,
  decoder,
  driver,
  encoder,
  MMAP_USERPTR,
  MMAP_USERPTR_DMABUF,
  output,
  part,
} from './rows.ts'

export const TEXAS = [
  ...driver('vdec', 'drivers/media/platform/chips-media/wave5/wave5-vpu.c', { note: 'Wave5; queues: wave5-helper.c' }, [
    'ti,j721s2-wave521c',
    decoder('h264 h265', { multiplanar: true, max: [8192, 4320] }),
    encoder('h264 h265', { multiplanar: true, max: [8192, 8192] }),
  ]),
  ...driver('e5010', 'drivers/media/platform/imagination/e5010-jpeg-enc.c', {}, [
    'img,e5010-jpeg-enc',
    encoder('jpeg', { multiplanar: true }),
  ]),
  ...driver(
    'j721e-csi2rx',
    'drivers/media/platform/ti/j721e-csi2rx/j721e-csi2rx.c',
    {
      mask: null,
      note: 'the queue belongs to the channel of the DMA engine that moves the pictures: its mask counts',
    },
    ['ti,j721e-csi2rx-shim', capture({ least: [0, 1] })],
  ),
  ...part('cdns-csi2rx', 'drivers/media/platform/cadence/cdns-csi2rx.c', 'cdns,csi2rx starfive,jh7110-csi2rx'),
  ...driver('cal', 'drivers/media/platform/ti/cal/cal-video.c', {}, [
    'ti,dra72-cal ti,dra72-pre-es2-cal ti,dra76-cal ti,am654-cal',
    capture({ least: [0, 3] }),
  ]),
  ...driver('omap3isp', 'drivers/media/platform/ti/omap3isp/ispvideo.c', {}, [
    'ti,omap3-isp',
    capture({ memory: MMAP_USERPTR }),
    output({ memory: MMAP_USERPTR }),
  ]),
  ...driver('vpe', 'drivers/media/platform/ti/vpe/vpe.c', {}, [
    'ti,dra7-vpe',
    converter({ multiplanar: true, split: false }),
  ]),
  ...driver('vpfe', 'drivers/media/platform/ti/am437x/am437x-vpfe.c', {}, [
    'ti,am437x-vpfe',
    capture({ least: [0, 1], fileIo: true }),
  ]),
  ...driver('vpif', 'drivers/media/platform/ti/davinci/vpif_capture.c, vpif_display.c', {}, [
    'ti,da850-vpif',
    capture({ memory: MMAP_USERPTR_DMABUF, least: [0, 1] }),
    output({ memory: MMAP_USERPTR_DMABUF, least: [1, 0] }),
  ]),
  ...driver('omap_vout', 'drivers/media/platform/ti/omap/omap_vout.c', {}, ['', output({ least: [1, 0] })]),
]
