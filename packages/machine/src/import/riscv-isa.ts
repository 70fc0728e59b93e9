// What a RISC-V processor has for memory of devices that do not snoop: cache maintenance (Zicbom) and memory types in page tables (Svpbmt).
import type { Cpu } from '@dmalab/api'
import type { FdtNode } from '../fdt/node.ts'
import type { DeviceTree } from '../of/tree.ts'

/**
 * Of nothing where the tree names no extensions. An extension counts where every processor has it.
 * Models: Linux v6.18 arch/riscv/kernel/cpufeature.c: riscv_fill_hwcap
 */
export function riscvIsa(tree: DeviceTree): Pick<Cpu, 'cacheOps' | 'svpbmt'> {
  const cpus = tree.root.children.find(({ name }) => name === 'cpus')?.children ?? []
  const extensions = cpus
    .filter((node) => node.enabled && (node.has('riscv,isa-extensions') || node.has('riscv,isa')))
    .map(extensionsOf)
  if (extensions.length === 0) return {}
  const have = (name: string): boolean => extensions.every((of) => of.has(name))
  const own = tree.nodes.some(({ compatible }) => compatible.some((name) => OWN_OPERATIONS.test(name)))
  // A default pool is memory that the processor sees uncached, whatever its page tables say.
  const hasPool = tree.nodes.some((node) => node.has('linux,dma-default'))
  return {
    ...(own || have('zicbom') ? {} : { cacheOps: 'none' }),
    ...(own || hasPool || have('svpbmt') ? {} : { svpbmt: false }),
  }
}

/**
 * Processors and caches that have another way, which the kernel knows.
 * Models: Linux v6.18 drivers/cache/sifive_ccache.c: sifive_ccache_ids; drivers/cache/ax45mp_cache.c: ax45mp_cache_ids; arch/riscv/errata/thead/errata.c: errata_probe_cmo
 */
const OWN_OPERATIONS = /^(starfive,jh7100-ccache|eswin,eic7700-l3-cache|andestech,ax45mp-cache|thead,c9\d\d)$/

/** `rv64imafdcv_zicbom_svpbmt`, or a list of names. */
const extensionsOf = (node: FdtNode): ReadonlySet<string> =>
  new Set(node.strings('riscv,isa-extensions') ?? (node.string('riscv,isa') ?? '').toLowerCase().split('_').slice(1))
