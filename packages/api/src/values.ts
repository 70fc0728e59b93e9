// What plug-ins get as values (PluginApi): the vocabulary's functions and constants, no contract types.
export * from './units.ts'
export * from './errno.ts'
export * from './flags.ts'
export { withBits } from './bits.ts'
export { asCacheSays } from './cache-sync.ts'
export { ATTR, attrsOf } from './attrs.ts'
export { IOMMU_PROT } from './iommu.ts'
export { InputError } from './input-error.ts'
export {
  CMA_HINT,
  cmaArea,
  COHERENT_POOL_HINT,
  coherentPool,
  kstrtobool,
  memBanks,
  memparse,
  valuesOf,
  wholeNumber,
} from './kernel-params.ts'
export { devString } from './dev-string.ts'
export { FINDINGS } from './findings.ts'
export { MEDIA_V4_11, MEDIA_V6_12 } from './media.ts'
export { compareReleases } from './release-order.ts'
export { RELEASES } from './releases.ts'
export { mapPages, pinUser } from './user-pages.ts'
