// The library face of the CLI: the built-in plug-ins, named in this place only.
export {}
