// Op table dma-direct.
export {}
