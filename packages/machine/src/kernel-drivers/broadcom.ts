// Raspberry Pi: what mainline has, and what only the vendor's tree has.
import { capture, converter, decoder, driver, encoder } from './rows.ts'

const VENDOR = 'raspberrypi/linux'
/** Pictures of the firmware are one buffer. */
const ONE = { multiplanar: true, split: false } as const

export const BROADCOM = [
  ...driver('unicam', 'drivers/media/platform/broadcom/bcm2835-unicam.c', {}, [
    'brcm,bcm2835-unicam',
    capture({ least: [0, 1] }),
  ]),
  ...driver(
    'pispbe',
    'drivers/media/platform/raspberrypi/pisp_be/pisp_be.c',
    { mask: 36, note: 'pictures go in at one node and come out at others; libcamera joins them' },
    ['raspberrypi,pispbe'],
  ),
  ...driver(
    'bcm2835-codec',
    'drivers/staging/vc04_services/bcm2835-codec/bcm2835-v4l2-codec.c',
    { tree: VENDOR, note: 'codecs of the firmware, behind VCHIQ (brcm,bcm2835-vchiq); which ones, the firmware tells' },
    [
      '',
      decoder('h264 mpeg2 mpeg4 h263 vc1 jpeg', { ...ONE, max: [1920, 1920] }),
      encoder('h264', { ...ONE, max: [1920, 1920] }),
      converter({ ...ONE, max: [16384, 16384] }),
      encoder('jpeg', ONE),
    ],
  ),
  ...driver('rpivid', 'drivers/staging/media/rpivid/rpivid_video.c', { tree: VENDOR }, [
    'raspberrypi,rpivid-vid-decoder',
    decoder('h265', { ...ONE, stateless: true, least: [0, 1] }),
  ]),
]
