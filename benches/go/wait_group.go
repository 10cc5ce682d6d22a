package main

// waitGroup: start 1,000,000 goroutines that each increment a counter, and wait for all by a
// WaitGroup. Timed: from before the first is started until all are waited for. What spawn does: Go
// has no other way.
func waitGroup(scale uint64, stage *Stage) ([]Figure, error) { return spawn(scale, stage) }
