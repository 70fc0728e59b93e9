// Values of properties, by whatever name a line gives them.
import { describe, expect, it } from 'vitest'
import { parsePipeline, PipelineError } from '../src/index.ts'

// Observed on GStreamer 1.22.0.
describe('values of enums', () => {
  const leaky = (value: string): string | undefined =>
    parsePipeline(`fakesrc ! queue leaky=${value} ! fakesink`).elements[1]?.props['leaky']

  it.each(['downstream', '2', '0x2', `'"Leaky on downstream (old buffers)"'`])(
    'leaky=%s is leaky=downstream',
    (value) => {
      expect(leaky(value)).toBe('downstream')
    },
  )

  it.each(['Downstream', 'GST_QUEUE_LEAK_DOWNSTREAM', '7', 'leaky'])('leaky=%s is refused', (value) => {
    expect(() => leaky(value)).toThrow(PipelineError)
  })

  it.each(['GST_V4L2_IO_DMABUF_IMPORT', 'dmabuf-import', '5'])('io-mode=%s is io-mode=dmabuf-import', (value) => {
    expect(parsePipeline(`v4l2src io-mode=${value} ! fakesink`).elements[0]?.props['io-mode']).toBe('dmabuf-import')
  })

  it('are known by the names that gst-inspect-1.0 prints', () => {
    const line = `fakesrc format=GST_FORMAT_TIME ! fakesink 'state-error="Fail state change from NULL to READY"'`
    expect(parsePipeline(line).elements.map(({ props }) => props)).toEqual([
      { format: 'time' },
      { 'state-error': 'null-to-ready' },
    ])
    expect(
      parsePipeline(`fakesrc ! filesink 'buffer-mode="Line buffered (deprecated, like full)"'`).elements[1]?.props,
    ).toEqual({ 'buffer-mode': 'line' })
  })
})
