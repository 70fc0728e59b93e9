// Media drivers of makers with one or two.
import { capture, driver, encoder, MMAP_USERPTR_DMABUF, output, part } from './rows.ts'

const CONTIG = "the allocator is the module's choice; vb2-dma-contig is the usual one"

export const OTHERS = [
  ...driver('allegro', 'drivers/media/platform/allegro-dvt/allegro-core.c', {}, [
    'allegro,al5e-1.1',
    encoder('h264 h265', { max: [3840, 2160] }),
  ]),
  ...driver(
    'xilinx-video',
    'drivers/media/platform/xilinx/xilinx-dma.c',
    {
      mask: null,
      note: 'matched in xilinx-vipp.c; a DMA engine moves the pictures: its mask counts',
    },
    ['xlnx,video', capture({ memory: MMAP_USERPTR_DMABUF }), output({ memory: MMAP_USERPTR_DMABUF })],
  ),
  ...driver('atmel_isi', 'drivers/media/platform/atmel/atmel-isi.c', {}, [
    'atmel,at91sam9g45-isi',
    capture({ least: [0, 2], fileIo: true }),
  ]),
  ...driver(
    'microchip-isc',
    'drivers/media/platform/microchip/microchip-isc-base.c',
    {
      note: 'matched in microchip-sama5d2-isc.c and microchip-sama7g5-isc.c',
    },
    ['atmel,sama5d2-isc microchip,sama7g5-isc', capture({ least: [0, 1], fileIo: true })],
  ),
  ...part('microchip-csi2dc', 'drivers/media/platform/microchip/microchip-csi2dc.c', 'microchip,sama7g5-csi2dc'),
  ...driver(
    'aspeed-video',
    'drivers/media/platform/aspeed/aspeed-video.c',
    {
      note: 'captures a screen and gives it out as JPEG',
    },
    [
      'aspeed,ast2400-video-engine aspeed,ast2500-video-engine aspeed,ast2600-video-engine',
      capture({ least: [0, 3], fileIo: true }),
    ],
  ),
  ...driver('npcm-video', 'drivers/media/platform/nuvoton/npcm-video.c', {}, [
    'nuvoton,npcm750-vcd nuvoton,npcm845-vcd',
    capture({ least: [0, 3] }),
  ]),
  ...driver('mmp-camera', 'drivers/media/platform/marvell/mmp-driver.c', { note: `queues: mcam-core.c; ${CONTIG}` }, [
    'marvell,mmp2-ccic',
    capture({ memory: MMAP_USERPTR_DMABUF, fileIo: true }),
  ]),
  ...driver('pxa27x-camera', 'drivers/media/platform/intel/pxa_camera.c', {}, [
    'marvell,pxa270-qci',
    capture({ memory: MMAP_USERPTR_DMABUF, allocator: 'vb2-dma-sg' }),
  ]),
  ...driver('starfive-camss', 'drivers/staging/media/starfive/camss/stf-video.c', {}, [
    'starfive,jh7110-camss',
    capture({ least: [0, 2] }),
  ]),
  ...driver('omap4iss', 'drivers/staging/media/omap4iss/iss_video.c', {}, ['', capture()]),
  ...driver(
    'uvcvideo',
    'drivers/media/usb/uvc/uvc_queue.c',
    {
      note: "cameras on USB: the CPU copies out of the controller's buffers, so pictures are vmalloc memory",
      mask: null,
    },
    ['', capture({ memory: MMAP_USERPTR_DMABUF, allocator: 'vb2-vmalloc' })],
  ),
]
