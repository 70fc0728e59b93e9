// videobuf2: queue and buffer states.
export {}
