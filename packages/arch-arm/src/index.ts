// Op tables of 32-bit ARM: arm, arm-coherent, dmabounce, arm-iommu.
export {}
