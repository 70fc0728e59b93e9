// A board as a plug-in: its YAML, under the name that complaints about it use. `dmalab board import my.dtb` writes one from a device tree.
import type { PluginFactory } from '@dmalab/api'

const BOARD = `
name: my-thing
title: a camera and a display, 1 GiB of memory, and a pool without struct page for the camera
arch: arm64
cpu: { lineSize: 64, aliasing: false }
memory:
  - { base: "0x4000_0000", len: "1GiB" }
reserved:
  - { name: camera-pool, base: "0x5000_0000", len: "32MiB", compatible: shared-dma-pool, noMap: true, reusable: false }
devices:
  # A driver that the table of drivers has (docs/drivers.md): of one that only the class tells, no verdict is given.
  - { name: camera, class: camera, driver: sun6i-csi, maskBits: 32, pools: [camera-pool] }
  - { name: panel, class: display, driver: exynos-drm, maskBits: 32 }
bindings:
  v4l2src: camera
  kmssink: panel
`

const plugin: PluginFactory = () => ({ name: 'my-thing', boards: [{ file: 'my-thing.yaml', text: BOARD }] })
export default plugin
