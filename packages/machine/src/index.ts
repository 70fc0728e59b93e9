// Machines as data: schema, YAML reader, DTB reader, shipped boards.
export {}
