// dma-buf: export, fd, attach, map, fences, CPU access, heaps, udmabuf.
export {}
