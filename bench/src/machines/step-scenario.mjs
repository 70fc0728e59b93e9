// A scenario of as many steps as one likes, each one call of a driver.

/** @param count four steps each: map, to the device, to the CPU, unmap */
export const stepScenario = (count) => {
  const use = { buffer: 'frame', device: 'converter' }
  const head = [
    { do: 'alloc', buffer: 'frame', size: '64KiB', from: 'coherent', device: 'codec.left' },
    { do: 'export', buffer: 'frame' },
    { do: 'attach', ...use },
  ]
  const round = [
    { do: 'map', ...use, dir: 'FROM_DEVICE' },
    { do: 'sync', ...use, for: 'device', dir: 'FROM_DEVICE' },
    { do: 'sync', ...use, for: 'cpu', dir: 'FROM_DEVICE' },
    { do: 'unmap', ...use },
  ]
  const steps = [...head, ...Array.from({ length: count }, () => round).flat()]
  return {
    name: 'steps',
    board: 'odroid-xu4-2017',
    kernel: 'arm@4.11',
    steps: [...steps, { do: 'expect', verdict: 'works' }],
  }
}
