// Op table dma-iommu.
export {}
