// Pipelines and scenarios: gst-launch grammar, scenario YAML, binding of elements to devices.
export {}
