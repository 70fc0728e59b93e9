// Checks over the event stream: dma-debug and beyond.
export {}
