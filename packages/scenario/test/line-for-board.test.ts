// The line that a board is suggested, by what its devices and drivers offer.
import type { DeviceFacts, Machine } from '@dmalab/api'
import { shippedBoard } from '@dmalab/machine'
import { expect, test } from 'vitest'
import { lineForBoard } from '../src/index.ts'

const board = shippedBoard('odroid-xu4-2017')
const of = (name: string, kind: DeviceFacts['class'], facts: Partial<DeviceFacts> = {}): DeviceFacts => ({
  name,
  class: kind,
  coherent: false,
  maskBits: 32,
  pools: [],
  ...facts,
})
const [mfc, gsc, fimd] = ['codec', 'converter', 'display'].map((name) =>
  board.devices.find((one) => one.name === name)!,
)
const line = (devices: readonly (DeviceFacts | undefined)[], facts: Partial<Machine> = {}) =>
  lineForBoard({ ...board, bindings: {}, devices: devices.flatMap((one) => one ?? []), ...facts })
const FILE = 'filesrc location=a.mp4 ! qtdemux ! h264parse'
const CONVERT = 'v4l2convert output-io-mode=dmabuf-import'
const VIRTUAL = { v4l2src: 'vivid', v4l2sink: 'vivid' }

test.each<[string, readonly (DeviceFacts | undefined)[], Partial<Machine>, string, Readonly<Record<string, string>>]>([
  ['all three', [mfc, gsc, fimd], {}, `${FILE} ! v4l2h264dec capture-io-mode=dmabuf ! ${CONVERT} ! kmssink`, {}],
  ['no display', [mfc, gsc], {}, `${FILE} ! v4l2h264dec capture-io-mode=dmabuf ! ${CONVERT} ! fakesink`, {}],
  ['a decoder alone', [mfc], {}, `${FILE} ! v4l2h264dec capture-io-mode=dmabuf ! fakesink`, {}],
  ['a converter alone', [gsc], {}, `v4l2src io-mode=dmabuf ! ${CONVERT} ! fakesink`, { v4l2src: 'vivid' }],
  ['a display alone', [fimd], {}, 'v4l2src io-mode=dmabuf ! kmssink', { v4l2src: 'vivid' }],
  ['nothing', [], {}, 'v4l2src io-mode=dmabuf ! v4l2sink io-mode=dmabuf-import', VIRTUAL],
  [
    'nothing, and all memory above 4 GiB',
    [],
    { memory: [{ base: 2 ** 32, len: 2 ** 30 }] },
    'v4l2src io-mode=dmabuf ! v4l2sink io-mode=dmabuf-import',
    { v4l2src: 'vivid-vmalloc', v4l2sink: 'vivid-vmalloc' },
  ],
  [
    'nothing, and a byte below',
    [],
    { memory: [{ base: 2 ** 32 - 4096, len: 2 ** 30 }] },
    'v4l2src io-mode=dmabuf ! v4l2sink io-mode=dmabuf-import',
    VIRTUAL,
  ],
  [
    'devices whose drivers are not known',
    [of('a', 'codec'), of('b', 'converter'), of('c', 'display')],
    {},
    `${FILE} ! v4l2h264dec capture-io-mode=dmabuf ! ${CONVERT} ! kmssink`,
    {},
  ],
  ['a camera whose driver is not known', [of('a', 'camera')], {}, 'v4l2src io-mode=dmabuf ! fakesink', {}],
  [
    'a device that the board binds',
    [of('a', 'other')],
    { bindings: { kmssink: 'a' } },
    'v4l2src io-mode=dmabuf ! kmssink',
    { v4l2src: 'vivid' },
  ],
  [
    'a binding of another device',
    [of('a', 'other')],
    { bindings: { kmssink: 'b' } },
    'v4l2src io-mode=dmabuf ! v4l2sink io-mode=dmabuf-import',
    VIRTUAL,
  ],
])('%s', (_what, devices, facts, text, bind) => {
  expect(line(devices, facts)).toEqual({ line: text, bind })
})
