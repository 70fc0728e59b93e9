// Shipped kernel patches, one file each.
export {}
