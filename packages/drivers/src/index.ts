// Device models: m2m codec and converter, capture, display, importers.
export {}
