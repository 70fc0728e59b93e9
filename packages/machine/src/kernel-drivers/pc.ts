// Drivers of PCI functions in PCs: they bind by vendor and device, so a board names them (`driver:`).
import { capture, display, driver, gpu, MMAP_USERPTR_DMABUF } from './rows.ts'

export const PC = [
  ...driver(
    'i915',
    'drivers/gpu/drm/i915/i915_driver.c',
    { mask: 39, note: '39 bits from Broadwell on, less before; its own page tables join pages' },
    ['', display('pages', 'scattered', 'i915_gem_prime_import'), gpu('pages', 'scattered', 'i915_gem_prime_import')],
  ),
  ...driver(
    'amdgpu',
    'drivers/gpu/drm/amd/amdgpu/amdgpu_drv.c',
    { mask: null, note: 'the generation tells its address width: 40, 44 or 48 bits' },
    ['', display('vram', 'scattered', 'amdgpu_gem_prime_import'), gpu('vram', 'scattered', 'amdgpu_gem_prime_import')],
  ),
  ...driver('cx23885', 'drivers/media/pci/cx23885/cx23885-video.c', { note: 'cards that capture television' }, [
    '',
    capture({ memory: MMAP_USERPTR_DMABUF, allocator: 'vb2-dma-sg', least: [0, 2] }),
  ]),
]
