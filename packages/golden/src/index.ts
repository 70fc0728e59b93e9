// The vector engine: runs golden files through the adapters that the rooms export.
export {}
