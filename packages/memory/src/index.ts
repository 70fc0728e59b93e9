// The core memory model: regions, struct-page map, kernel mappings, caches, device access and translation.
export {}
