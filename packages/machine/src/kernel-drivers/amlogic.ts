// Amlogic: decoder, 2D engine.
import { converter, decoder, driver } from './rows.ts'

const MPLANE = { multiplanar: true, least: [1, 1] } as const

export const AMLOGIC = [
  ...driver(
    'meson-vdec',
    'drivers/staging/media/meson/vdec/vdec.c',
    { note: 'formats: vdec_platform.c; MPEG-2 ends at 1920x1080' },
    ['amlogic,gxbb-vdec', decoder('h264 mpeg2', { ...MPLANE, max: [1920, 1080] })],
    ['amlogic,gxlx-vdec', decoder('h264 mpeg2', { ...MPLANE, max: [3840, 2160] })],
    [
      'amlogic,gxl-vdec amlogic,gxm-vdec amlogic,g12a-vdec amlogic,sm1-vdec',
      decoder('h264 vp9 mpeg2', { ...MPLANE, max: [3840, 2160] }),
    ],
  ),
  ...driver('meson-ge2d', 'drivers/media/platform/amlogic/meson-ge2d/ge2d.c', {}, ['amlogic,axg-ge2d', converter()]),
]
