// The vb2 allocator vb2-vmalloc.
export {}
