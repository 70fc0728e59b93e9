// The vb2 allocator vb2-dma-contig.
export {}
