package main

import "time"

// plainParked: a daisy chain of functions, each of which waits for its neighbour on the right and
// then tells the one on the left. Timed: from before the first is started until the whisper has come
// through all of them. There is no warm-up.
func plainParked(links uint64) Workload {
	return func(scale uint64, stage *Stage) ([]Figure, error) {
		links := scaled(links, scale, 1)
		stage.Expect(links)
		leftmost := make(chan uint64)
		left := leftmost
		clock := stage.Start()
		for range links {
			right := make(chan uint64)
			go whisper(left, right, stage)
			left = right
		}
		rightmost := left
		go func() { rightmost <- 0 }()
		heard := <-leftmost
		elapsed := time.Since(clock)
		return []Figure{nanosecondsPer("per-goroutine", elapsed, links)}, verify(heard, links)
	}
}

func whisper(left chan<- uint64, right <-chan uint64, stage *Stage) {
	heard := <-right
	stage.Advance(1)
	left <- heard + 1
}
