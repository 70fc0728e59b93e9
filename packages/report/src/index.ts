// RunReport to terminal, JSON, HTML.
export {}
