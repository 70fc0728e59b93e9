// The vb2 allocator vb2-dma-sg.
export {}
