// Runs: kernel composition, plug-in loading, failure injection, the run itself, replay.
export {}
