// AssemblyScript engine and its binding: the one linear memory of a machine and every per-page loop.
export {}
