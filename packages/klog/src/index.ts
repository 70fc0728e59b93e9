// Kernel logs: what they say about DMA memory, and what it means.
export { createKlogReader, type KlogReader } from './reader/reader.ts'
export { kernelMessage, kernelMessages, kernelMessagesPage } from './page.ts'
export { type BannerKernel, kernelFromBanner, kernelFromVersion } from './kernel-banner.ts'
