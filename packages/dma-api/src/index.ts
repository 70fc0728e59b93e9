// The DMA API: device, scatterlist, pools, CMA, swiotlb, arch sync primitives, front functions.
export {}
