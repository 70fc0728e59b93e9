// dma-buf, DRM and its CMA helpers, u-dma-buf, VFIO's memory limits, and what GStreamer and libcamera say about buffers.
//
// Models: Linux v6.12 drivers/dma-buf/dma-buf.c: dma_buf_release, dma_buf_vmap, dma_buf_vunmap
// Models: Linux v6.12 drivers/dma-buf/udmabuf.c: udmabuf_dev_init
// Models: Linux v6.12 drivers/gpu/drm/drm_gem_dma_helper.c: drm_gem_dma_create, drm_gem_dma_prime_import_sg_table_vmap
// Models: Linux v6.12 drivers/gpu/drm/vc4/vc4_bo.c: vc4_bo_create
// Models: Linux v6.12 drivers/vfio/vfio_iommu_type1.c: vfio_lock_acct, vfio_iommu_type1_attach_group
import { bytes } from '@dmalab/api'
import { entries } from './entry.ts'

const LARGER_CMA = [
  'cma=SIZE, or a larger linux,cma node',
  'smaller or fewer frame buffers',
  'free buffers that nothing shows any more',
]
const BUFFERS =
  'the kernel log of the same moment: CMA, the page allocator, vb2. GST_DEBUG=v4l2*:6 shows the ioctl that failed'

export const SHARING = entries([
  {
    id: 'drm-cma-failed',
    kind: 'problem',
    title: 'DRM got no contiguous memory for a buffer',
    forms: [
      ['3.7+', 'failed to allocate buffer with size {size:dec}'],
      ['4.x+', 'Failed to allocate from CMA:'],
      ['6.1+', 'Failed to allocate from GEM DMA helper:'],
      ['3.7+', 'Failed to allocate {size:dec} bytes for GEM'],
      ['any', 'failed to allocate CMA memory'],
    ],
    source: 'drivers/gpu/drm/drm_gem_dma_helper.c: drm_gem_dma_create; drivers/gpu/drm/vc4/vc4_bo.c: vc4_bo_create',
    cause: ({ fields, near }) =>
      `the allocation of ${fields.has('size') ? bytes(fields.num('size')) : 'a buffer'} from CMA failed${near('cma-pages-busy') || near('cma-alloc-failed') ? ': pages in the area are pinned, or it is fragmented (see the lines before)' : ': the area is too small, fragmented, or full of buffers of the GPU, codecs and cameras that share it'}`,
    next: 'CmaFree in /proc/meminfo; the driver lists its buffers in the lines below or in debugfs (bo_stats)',
    fixes: LARGER_CMA,
    code: 'mapping-failed',
  },
  {
    id: 'drm-import-failed',
    kind: 'problem',
    title: 'DRM could not use an imported buffer',
    forms: [
      ['3.x+', 'Failed to vmap PRIME buffer'],
      ['3.x+', 'failed to import dmabuf'],
      ['any', 'could not import dmabuf'],
      ['4.x+', 'sg_table is not contiguous'],
      ['4.x+', 'failed to map sg_table to contiguous linear address.'],
      ['3.x+', 'buffer chunks must be mapped contiguously'],
    ],
    source: 'drivers/gpu/drm/drm_gem_dma_helper.c: drm_gem_dma_prime_import_sg_table_vmap',
    cause:
      'the exporter could not map the buffer into the kernel (vmap) or for this device: a scattered buffer for a device that needs one piece, a full vmalloc area, or an exporter without vmap',
    next: 'which driver exported it, and does the importer sit behind an IOMMU?',
    fixes: ['allocate from the importer or a CMA heap', 'vmalloc=SIZE on 32-bit kernels'],
  },
  {
    id: 'dma-buf-vmap-live',
    kind: 'problem',
    title: 'a dma-buf was released while the kernel had it mapped',
    forms: [
      ['3.x+', 'buffer still mapped in the kernel'],
      ['3.x to 5.x', 'kernel BUG at drivers/dma-buf/dma-buf.c:{at:dec}!'],
      ['3.x to 4.x', 'kernel BUG at drivers/base/dma-buf.c:{at:dec}!'],
    ],
    source: 'drivers/dma-buf/dma-buf.c: dma_buf_release',
    cause:
      'a check of dma-buf stopped the kernel: most are about vmap, and in dma_buf_release() it means that the buffer was still mapped in the kernel (vmap without vunmap), or that a fence callback was still active when the last reference went',
    next: 'which importer calls dma_buf_vmap()? The call trace names who dropped the last reference',
    fixes: ['dma_buf_vunmap() before dma_buf_put()', 'keep a reference while mapped'],
    code: 'dma-buf-use-after-put',
  },
  {
    id: 'udmabuf-driver',
    kind: 'problem',
    title: 'u-dma-buf could not make its device',
    forms: [
      ['any', 'driver installed failed'],
      ['any', 'driver setup failed. return={err:dec}'],
      ['any', 'driver create failed. return={err:dec}'],
      ['any', 'dma_set_mask(DMA_BIT_MASK({bits:dec})) failed'],
      ['any', 'dma_set_coherent_mask(DMA_BIT_MASK({bits:dec})) failed'],
      ['4.20+', 'Could not setup DMA mask for udmabuf device'],
      ['4.20+', 'Could not initialize udmabuf device'],
    ],
    source: 'u-dma-buf.c: udmabuf_object_setup; drivers/dma-buf/udmabuf.c: udmabuf_dev_init',
    cause: ({ fields }) =>
      fields.has('bits')
        ? `the mask of ${fields.text('bits')} bits was refused; a smaller one is in force, and memory above it cannot be had`
        : `the device was not made${fields.has('err') ? ` (${fields.text('err')})` : ''}: -12 means no memory (CMA or pool too small, or above the mask), -22 a reserved-memory node that is not a pool`,
    next: 'the lines before; CmaFree in /proc/meminfo; `dmalab board lint FILE.dtb`',
    fixes: [
      'cma=SIZE, or a pool of its own (memory-region)',
      'dma-mask=<64> on the node of u-dma-buf where the pool lies high',
    ],
  },
  {
    id: 'vfio-no-irq-remapping',
    kind: 'problem',
    title: 'VFIO refuses a device: interrupts are not isolated',
    forms: [
      [
        '3.6+',
        'No interrupt remapping support. Use the module param "allow_unsafe_interrupts" to enable VFIO IOMMU support on this platform',
      ],
      ['3.6+', 'No interrupt remapping support'],
      ['6.2+', 'MSI interrupts are not secure, they cannot be isolated by the platform'],
    ],
    source: 'drivers/vfio/vfio_iommu_type1.c: vfio_iommu_type1_attach_group',
    cause:
      'the platform has no interrupt remapping: a guest that owns the device could raise any interrupt of the host, so VFIO answers -EPERM. DMA itself is not the matter',
    next: 'is interrupt remapping switched off in the firmware or on the command line (intremap=off)?',
    fixes: [
      'switch on interrupt remapping (VT-d, AMD-Vi) in the firmware',
      'allow_unsafe_interrupts=1 where the guest is trusted',
    ],
  },
  {
    id: 'vfio-rmrr',
    kind: 'problem',
    title: 'a device cannot be given away: firmware uses its memory',
    forms: [
      ['3.17 to 6.x', 'Device is ineligible for IOMMU domain attach due to platform RMRR requirement.'],
      [
        '6.6+',
        'Firmware has requested this device have a 1:1 IOMMU mapping, rejecting configuring the device without a 1:1 mapping.',
      ],
      ['6.12+', 'IOMMU driver was not able to establish FW requested direct mapping.'],
      ['5.19+', 'RMR SID({sid:hex}) bypass failed'],
    ],
    source: 'drivers/iommu/intel/iommu.c: intel_iommu_attach_device; drivers/iommu/iommu.c: __iommu_device_set_domain',
    cause:
      'the firmware states an RMRR (reserved memory that it accesses through this device, which must stay mapped 1:1): the device may not get a domain without that mapping, and VFIO is refused',
    next: 'which firmware feature uses the device (legacy USB, graphics, server management)?',
    fixes: ['switch that feature off in the firmware setup', 'ask the vendor for firmware without the RMRR'],
  },
  {
    id: 'vfio-memlock',
    kind: 'problem',
    title: 'VFIO may not pin so much memory',
    forms: [['3.6+', 'RLIMIT_MEMLOCK ({limit:dec}) exceeded']],
    source: 'drivers/vfio/vfio_iommu_type1.c: vfio_lock_acct',
    cause: ({ fields }) =>
      `the process may lock ${bytes(fields.num('limit'))}, and mapping memory for a device pins it: the map failed with -ENOMEM`,
    next: '`ulimit -l` of the process',
    fixes: ['raise the limit (memlock in limits.conf, LimitMEMLOCK= of the service)'],
  },
  {
    id: 'vfio-map-failed',
    kind: 'problem',
    title: 'VFIO refuses to map memory for a device',
    forms: [
      ['QEMU', 'vfio_container_dma_map({container:text}) = {err:dec} ({why:text})'],
      ['QEMU', 'vfio_dma_map({container:text}) = {err:dec} ({why:text})'],
      ['QEMU', 'VFIO_MAP_DMA failed: {why:text}'],
      ['QEMU', 'VFIO_MAP_DMA: {err:dec}'],
    ],
    source: 'drivers/vfio/vfio_iommu_type1.c: vfio_dma_do_map',
    cause: ({ fields }) =>
      `mapping memory for the device was refused${fields.has('why') ? ` (${fields.text('why').replace(/\)$/, '')})` : ''}: EINVAL where the address lies outside of what this IOMMU translates or in a reserved range, EEXIST where something is mapped there already, ENOMEM where the process may not lock so much memory, EFAULT where there is no memory`,
    next: '/sys/kernel/iommu_groups/*/reserved_regions; `ulimit -l` of the process',
    fixes: [
      'fewer address bits in the guest (host-phys-bits-limit=, guest memory below the reserved range)',
      'raise memlock',
    ],
  },
  {
    id: 'vfio-group',
    kind: 'problem',
    title: 'VFIO refuses a device: others of its group are not set free',
    forms: [['QEMU', 'group {group:dec} is not viable']],
    source: 'drivers/vfio/group.c: vfio_group_ioctl_get_status',
    cause: ({ fields }) =>
      `a device of IOMMU group ${fields.text('group')} is still bound to a driver of the host: devices of one group cannot be kept apart by the IOMMU, so all go together or none`,
    next: 'ls /sys/kernel/iommu_groups/GROUP/devices',
    fixes: ['bind all devices of the group to vfio-pci', 'another slot, whose root port isolates (ACS)'],
  },
  {
    id: 'gst-no-memory',
    kind: 'problem',
    title: 'GStreamer got no buffers',
    forms: [
      ['GStreamer 1.x', 'Failed to allocate required memory.'],
      ['GStreamer 1.x', 'Buffer pool activation failed', 'more'],
      ['GStreamer 1.x', 'Failed to allocate a buffer'],
      ['GStreamer 1.x', 'failed to activate bufferpool'],
      ['GStreamer 1.x', 'failed to activate pool'],
      ['GStreamer 1.x', 'Could not allocate buffers'],
      ['GStreamer 1.x', 'error requesting {count:dec} buffers: {why:text}'],
      ['libcamera', 'Unable to request {count:dec} buffers: {why:text}'],
      ['libcamera', 'dma-heap allocation failure for {name:word}'],
      ['libcamera', 'dmaHeap allocation failure for {name:word}'],
      ['libcamera', 'Failed to create dma buf for {name:word}'],
      ['any', 'VIDIOC_REQBUFS failed: {why:text}'],
    ],
    source: 'GStreamer sys/v4l2/gstv4l2src.c: gst_v4l2src_decide_allocation; gstv4l2bufferpool.c',
    cause: ({ fields }) =>
      `the buffers of an element could not be had${fields.has('why') ? ` (${fields.text('why')})` : ''}: REQBUFS was refused, mostly for lack of memory (CMA too small for count x size), else because the queue does not do this io mode`,
    next: BUFFERS,
    fixes: ['cma=SIZE', 'fewer or smaller buffers', 'another io-mode on the element'],
  },
  {
    id: 'gst-few-buffers',
    kind: 'problem',
    title: 'the driver gives fewer buffers than the element needs',
    forms: [
      ['GStreamer 1.x', 'no enough buffers, {have:dec} received, minimum {need:dec}'],
      ['GStreamer 1.x', 'not enough buffers, {have:dec} received, minimum {need:dec}'],
      ['GStreamer 1.x', 'not enough buffers'],
    ],
    source: 'GStreamer sys/v4l2/gstv4l2bufferpool.c: gst_v4l2_buffer_pool_start',
    cause: ({ fields }) =>
      `REQBUFS gave ${fields.has('have') ? `${fields.text('have')} buffers, and ${fields.text('need')} are needed` : 'too few buffers'}: memory (CMA) was enough for some only, or the driver has a limit`,
    next: BUFFERS,
    fixes: ['cma=SIZE', 'smaller frames', 'fewer elements that hold buffers'],
  },
  {
    id: 'gst-import-failed',
    kind: 'problem',
    title: 'an element could not import a dma-buf',
    forms: [
      ['GStreamer 1.x', 'Failed to import dmabuf'],
      ['GStreamer 1.x', 'failed queueing buffer {buffer:text}'],
      ['GStreamer 1.x', 'could not queue a buffer {buffer:text}'],
      ['libcamera', 'Failed to queue buffer {buffer:text}'],
      ['libcamera', 'Unable to import buffers'],
      ['libcamera', 'Failed to import buffers'],
    ],
    source: 'GStreamer sys/v4l2/gstv4l2bufferpool.c: gst_v4l2_buffer_pool_qbuf; libcamera v4l2_videodevice.cpp',
    cause:
      'the kernel refused the buffer at QBUF: it is not contiguous for the device, too small for its format, or cannot be mapped for it',
    next: BUFFERS,
    fixes: [
      'allocate where the consumer can use it (its own pool, a CMA heap)',
      'equal strides and sizes on both sides',
    ],
  },
  {
    id: 'dma-fence-released',
    kind: 'problem',
    title: 'a fence was freed before it was signalled',
    forms: [['5.0+', 'Fence {driver:word}:{timeline:text} released with pending signals!']],
    source: 'drivers/dma-buf/dma-fence.c: dma_fence_release',
    cause: ({ fields }) =>
      `the last reference to a fence of ${fields.text('driver')} was dropped while a task waits for it: the task is never woken, or touches freed memory`,
    next: 'which driver made the fence, and does it signal in every error path?',
    fixes: ['signal the fence, with an error, before the last reference goes'],
  },
  {
    id: 'dma-heap-setup',
    kind: 'problem',
    title: 'a DMA heap that was not made, or is not there',
    forms: [
      ['5.6+', 'dma_heap: Already registered heap named {name:word}'],
      ['5.6+', 'dma_heap: Cannot add heap without a name'],
      ['5.6+', 'dma_heap: Cannot add heap with invalid ops struct'],
      ['5.6+', 'dma_heap: Unable to get minor number for heap'],
      ['5.6+', 'dma_heap: Unable to add char device'],
      ['5.6+', 'dma_heap: Unable to create device'],
      ['5.6+', 'dma_heap: minor {minor:dec} unknown.'],
      ['libcamera', 'Could not open any dma-buf provider'],
      ['libcamera', 'Could not open any dmaHeap device'],
      ['libcamera', 'Could not open any dma-heap device'],
    ],
    source: 'drivers/dma-buf/dma-heap.c: dma_heap_add; libcamera src/libcamera/dma_buf_allocator.cpp',
    cause: ({ fields }) =>
      fields.has('name')
        ? `two heaps are called ${fields.text('name')}: the second one is not there`
        : 'no DMA heap can be opened: the kernel has none (CONFIG_DMABUF_HEAPS_SYSTEM, CONFIG_DMABUF_HEAPS_CMA), none was made, or the user may not open /dev/dma_heap',
    next: 'ls -l /dev/dma_heap, and the groups of the user',
    fixes: ['the user in the group of /dev/dma_heap (video), or a udev rule for it', 'a kernel with dma-buf heaps'],
  },
  {
    id: 'vfio-held',
    kind: 'note',
    title: 'VFIO waits for a user, or runs without an IOMMU',
    forms: [
      ['4.x+', 'vfio-noiommu device opened by user ({task:word}:{pid:dec})'],
      ['4.x+', 'Adding kernel taint for vfio-noiommu group on device'],
      ['4.x+', 'No device request channel registered, blocked until released by user'],
      ['5.x+', 'Device is currently in use, task "{task:text}" ({pid:dec}) blocked until device is released'],
      ['5.7+', 'VF token required to access device'],
      ['5.7+', 'Incorrect VF token provided for device'],
      ['5.7+', 'VF token incorrectly provided, {why:text}'],
      ['5.12+', 'vfio_pin_pages not allowed with VFIO_UPDATE_VADDR'],
      ['5.12+', 'vfio_dma_rw not allowed with VFIO_UPDATE_VADDR'],
    ],
    source: 'drivers/vfio/group.c, drivers/vfio/vfio_main.c, drivers/vfio/pci/vfio_pci_core.c',
    cause: ({ fields }) =>
      fields.has('task')
        ? `the device is in the hands of ${fields.text('task')} (${fields.text('pid')}): without an IOMMU it reaches all memory, and it cannot be taken away before the program lets go`
        : 'VFIO did not hand the device over as asked, or waits until a program lets it go',
    next: 'which program has /dev/vfio/GROUP open?',
    fixes: ['end that program first', 'an IOMMU instead of vfio-noiommu', 'the VF token that the driver of the PF set'],
  },
])
