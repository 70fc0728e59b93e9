// Units: addresses and sizes that cannot be mixed up, and the page arithmetic everybody needs.
// Numbers, not bigint: exact to 2^53, which covers every 52-bit physical address.

declare const brand: unique symbol
export type Brand<T, Name extends string> = T & { readonly [brand]: Name }

/** CPU physical address, bytes. */
export type PhysAddr = Brand<number, 'PhysAddr'>
/** What a device puts on its bus, bytes; equal to a PhysAddr only by accident. */
export type DmaAddr = Brand<number, 'DmaAddr'>
/** Page frame number: physical address / 4096. */
export type Pfn = Brand<number, 'Pfn'>
/** Kernel virtual address; 64 bits wide on arm64, hence a bigint. Never enters a hot loop. */
export type KernelVaddr = Brand<bigint, 'KernelVaddr'>

export const PAGE_SIZE = 4096
export const PAGE_SHIFT = 12

export const phys = (at: number): PhysAddr => at as PhysAddr
export const dma = (at: number): DmaAddr => at as DmaAddr
export const pfn = (n: number): Pfn => n as Pfn
export const vaddr = (at: bigint): KernelVaddr => at as KernelVaddr

/** Page frame that holds `at`. Division: shifts cut to 32 bits. */
export const pfnOf = (at: PhysAddr): Pfn => Math.floor(at / PAGE_SIZE) as Pfn
/** First byte of a page frame. */
export const physOf = (n: Pfn, offset = 0): PhysAddr => (n * PAGE_SIZE + offset) as PhysAddr
/** Offset of an address in its page, bytes. */
export const offsetInPage = (at: number): number => at % PAGE_SIZE
/** `len` rounded up to whole pages, bytes. */
export const pageAlign = (len: number): number => Math.ceil(len / PAGE_SIZE) * PAGE_SIZE
/** Pages that `len` bytes from the start of a page touch. */
export const pagesFor = (len: number): number => Math.ceil(len / PAGE_SIZE)
/** Smallest k with PAGE_SIZE * 2^k >= len; 0 for len <= PAGE_SIZE. Models: Linux v6.12 include/asm-generic/getorder.h: get_order */
export const orderOf = (len: number): number => Math.max(0, Math.ceil(Math.log2(pagesFor(Math.max(1, len)))))

/** Does a device with a `bits` wide address reach every byte of [at, at + len)? `bits` is 1..64. */
export const reaches = (bits: number, at: DmaAddr, len: number): boolean => at + len - 1 <= 2 ** bits - 1

/** Addresses are printed in hex, with 0x. */
export const hex = (at: number | bigint): string => `0x${at.toString(16)}`
/** Lengths are printed in decimal, with a binary unit where it is exact. */
export const bytes = (len: number): string => {
  for (const [unit, size] of [
    ['GiB', 2 ** 30],
    ['MiB', 2 ** 20],
    ['KiB', 2 ** 10],
  ] as const)
    if (len >= size && len % size === 0) return `${len / size} ${unit}`
  return `${len} B`
}
