// vitest suites for plug-ins.
export {}
