// Renesas: video input, VSP and FDP engines, JPEG.
import { capture, converter, decoder, driver, encoder, MMAP_USERPTR_DMABUF, part } from './rows.ts'

const ENGINE = { multiplanar: true, memory: MMAP_USERPTR_DMABUF } as const

export const RENESAS = [
  ...driver('rcar-vin', 'drivers/media/platform/renesas/rcar-vin/rcar-dma.c', {}, [
    'renesas,vin-r8a774a1 renesas,vin-r8a774b1 renesas,vin-r8a774c0 renesas,vin-r8a774e1 renesas,vin-r8a7778 ' +
      'renesas,vin-r8a7779 renesas,rcar-gen2-vin renesas,vin-r8a7795 renesas,vin-r8a7796 renesas,vin-r8a77961 ' +
      'renesas,vin-r8a77965 renesas,vin-r8a77970 renesas,vin-r8a77980 renesas,vin-r8a77990 renesas,vin-r8a77995 ' +
      'renesas,vin-r8a779a0 renesas,vin-r8a779g0 renesas,rcar-gen4-vin',
    capture({ least: [0, 4], fileIo: true }),
  ]),
  ...part(
    'rcar-csi2',
    'drivers/media/platform/renesas/rcar-csi2.c',
    'renesas,r8a774a1-csi2 renesas,r8a774b1-csi2 renesas,r8a774c0-csi2 renesas,r8a774e1-csi2 renesas,r8a7795-csi2 ' +
      'renesas,r8a7796-csi2 renesas,r8a77961-csi2 renesas,r8a77965-csi2 renesas,r8a77970-csi2 renesas,r8a77980-csi2 ' +
      'renesas,r8a77990-csi2 renesas,r8a779a0-csi2 renesas,r8a779g0-csi2',
  ),
  ...driver(
    'vsp1',
    'drivers/media/platform/renesas/vsp1/vsp1_video.c',
    { note: 'pictures go in at one node and come out at another, which no element of GStreamer joins' },
    ['renesas,vsp1 renesas,vsp2 renesas,r9a07g044-vsp2'],
  ),
  ...part('rcar-fcp', 'drivers/media/platform/renesas/rcar-fcp.c', 'renesas,fcpf renesas,fcpv'),
  ...driver('rcar_fdp1', 'drivers/media/platform/renesas/rcar_fdp1.c', {}, ['renesas,fdp1', converter(ENGINE)]),
  ...driver('rcar_jpu', 'drivers/media/platform/renesas/rcar_jpu.c', {}, [
    'renesas,jpu-r8a7790 renesas,jpu-r8a7791 renesas,jpu-r8a7792 renesas,jpu-r8a7793 renesas,rcar-gen2-jpu',
    decoder('jpeg', { multiplanar: true }),
    encoder('jpeg', { multiplanar: true }),
  ]),
  ...driver('renesas-ceu', 'drivers/media/platform/renesas/renesas-ceu.c', {}, [
    'renesas,r7s72100-ceu renesas,r8a7740-ceu',
    capture({ multiplanar: true, split: false, least: [0, 2] }),
  ]),
  ...driver('rzg2l-cru', 'drivers/media/platform/renesas/rzg2l-cru/rzg2l-video.c', {}, [
    'renesas,rzg2l-cru',
    capture({ least: [0, 4] }),
  ]),
  ...part('rzg2l-csi2', 'drivers/media/platform/renesas/rzg2l-cru/rzg2l-csi2.c', 'renesas,rzg2l-csi2'),
  ...part('rcar-isp', 'drivers/media/platform/renesas/rcar-isp.c', 'renesas,r8a779a0-isp renesas,r8a779g0-isp'),
]
