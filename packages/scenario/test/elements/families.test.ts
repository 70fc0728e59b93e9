// What each family of elements works on, by class of device, and which queues it has.
import { expect, it, test } from 'vitest'
import { familyOf, isIoMode } from '../../src/elements/device-families.ts'
import { elementFacts } from '../../src/elements/catalogue.ts'

it.each([
  ['v4l2jpegdec', 'jpeg codec', 'output-io-mode', 'capture-io-mode'],
  ['v4l2jpegenc', 'jpeg codec', 'output-io-mode', 'capture-io-mode'],
  ['v4l2slh264dec', 'codec', '', ''],
  ['v4l2h264dec', 'codec', 'output-io-mode', 'capture-io-mode'],
  ['v4l2h264enc', 'codec', 'output-io-mode', 'capture-io-mode'],
  ['v4l2convert', 'converter 2d', 'output-io-mode', 'capture-io-mode'],
  ['v4l2src', 'camera isp', '', 'io-mode'],
  ['v4l2sink', '', 'io-mode', ''],
  ['kmssink', 'display', '', ''],
  ['waylandsink', 'display', '', ''],
  ['fbdevsink', 'display', '', ''],
  ['autovideosink', 'display', '', ''],
  ['libcamerasrc', 'camera isp', '', ''],
  ['mppvideodec', 'codec', 'output-io-mode', 'capture-io-mode'],
  ['mpph264enc', 'codec', 'output-io-mode', 'capture-io-mode'],
  ['rgaconvert', 'converter 2d', 'output-io-mode', 'capture-io-mode'],
])('%s works on %s', (factory, devices, inMode, outMode) => {
  const family = familyOf(factory)
  expect([family?.devices.join(' '), family?.inMode ?? '', family?.outMode ?? '']).toEqual([devices, inMode, outMode])
})

test.each([
  ['v4l2src', 'io-mode device num-buffers do-timestamp extra-controls name', 'capture-io-mode sync'],
  ['v4l2sink', 'io-mode device sync overlay-top crop-height', 'capture-io-mode'],
  ['v4l2h264dec', 'capture-io-mode output-io-mode device qos max-errors', 'io-mode sync'],
  ['v4l2convert', 'capture-io-mode output-io-mode disable-passthrough', 'io-mode'],
  ['kmssink', 'sync plane-id connector-id force-modesetting skip-vsync render-rectangle', 'io-mode'],
  ['waylandsink', 'display fullscreen sync', 'plane-id'],
  ['fbdevsink', 'name', 'sync'],
  ['mppvideodec', 'capture-io-mode output-io-mode', 'io-mode'],
])('%s has the properties %s, and none of %s', (factory, has, hasNot) => {
  const known = Object.keys(elementFacts(factory)?.properties ?? {})
  expect(has.split(' ').filter((name) => !known.includes(name))).toEqual([])
  expect(hasNot.split(' ').filter((name) => known.includes(name))).toEqual([])
})

// Models: GStreamer 1.22 sys/v4l2/gstv4l2object.h: GstV4l2IOMode
it('modes of a queue have names, numbers and long names', () => {
  const mode = elementFacts('v4l2src')?.properties['io-mode']
  expect(mode).toEqual({
    enum: { auto: 0, rw: 1, mmap: 2, userptr: 3, dmabuf: 4, 'dmabuf-import': 5 },
    names: new Map([
      ['GST_V4L2_IO_AUTO', 'auto'],
      ['GST_V4L2_IO_RW', 'rw'],
      ['GST_V4L2_IO_MMAP', 'mmap'],
      ['GST_V4L2_IO_USERPTR', 'userptr'],
      ['GST_V4L2_IO_DMABUF', 'dmabuf'],
      ['GST_V4L2_IO_DMABUF_IMPORT', 'dmabuf-import'],
    ]),
  })
  expect(['auto', 'dmabuf-import', 'AUTO', '0', 'constructor', ''].map(isIoMode)).toEqual([
    true,
    true,
    false,
    false,
    false,
    false,
  ])
})
