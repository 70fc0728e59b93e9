// ftrace text: reader, writer, exporters.
export {}
