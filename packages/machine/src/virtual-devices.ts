// Devices that no device tree has and every board can get: test drivers of the media subsystem, and a camera at a USB port.
import type { DeviceFacts, Machine } from '@dmalab/api'

/**
 * A USB camera's buffers are from vmalloc, and no device writes them.
 * Models: Linux v6.12 drivers/media/usb/uvc/uvc_queue.c: uvc_queue_init
 *
 * The others: platform devices that no firmware node describes: no windows, no IOMMU, no pools, a mask of 32 bits, and not coherent on ARM.
 * Models: Linux v6.12 drivers/base/platform.c: setup_pdev_dma_masks
 */
export const VIRTUAL_DEVICES: readonly DeviceFacts[] = [
  {
    name: 'vivid',
    title: 'virtual camera and video output (modprobe vivid allocators=1)',
    class: 'camera',
    coherent: false,
    maskBits: 32,
    pools: [],
    maxSegmentSize: 0xffff_ffff,
    driver: 'vivid-dma-contig',
  },
  {
    name: 'vivid-vmalloc',
    title: 'virtual camera and video output, worked by the CPU (modprobe vivid)',
    class: 'camera',
    coherent: false,
    maskBits: 32,
    pools: [],
    driver: 'vivid-vmalloc',
  },
  {
    name: 'usb-camera',
    title: 'camera at a USB port (uvcvideo): the CPU copies each picture out of the transfers',
    class: 'camera',
    coherent: false,
    maskBits: 32,
    pools: [],
    driver: 'uvcvideo',
  },
  {
    name: 'vim2m',
    title: 'virtual converter, worked by the CPU (modprobe vim2m)',
    class: 'converter',
    coherent: false,
    maskBits: 32,
    pools: [],
    driver: 'vim2m',
  },
]

/** The machine with those virtual devices that somebody names, where it has no device of that name. */
export function withVirtualDevices(machine: Machine, names: readonly string[]): Machine {
  const wanted = VIRTUAL_DEVICES.filter(
    ({ name }) => names.includes(name) && !machine.devices.some((device) => device.name === name),
  )
  return wanted.length === 0 ? machine : { ...machine, devices: [...machine.devices, ...wanted] }
}
