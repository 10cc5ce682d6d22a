package main

import (
	"runtime"
	"time"
)

// yields of both goroutines together.
const yields = 400_000

// gosched: two goroutines that let each other run, again and again. Timed: from before they are
// started until both are waited for.
func gosched(scale uint64, stage *Stage) ([]Figure, error) {
	each := scaled(yields, scale, 2) / 2
	if _, err := standAside(divCeil(each, 10), &Stage{}); err != nil {
		return nil, err
	}
	stage.Expect(2 * each)
	elapsed, err := standAside(each, stage)
	stage.Advance(2 * each)
	return []Figure{nanosecondsPer("per-yield", elapsed, 2*each)}, err
}

func standAside(each uint64, stage *Stage) (time.Duration, error) {
	result := make(chan uint64, 2)
	clock := stage.Start()
	for range 2 {
		go func() {
			turns := uint64(0)
			for range each {
				runtime.Gosched()
				turns++
			}
			result <- turns
		}()
	}
	turns := <-result + <-result
	elapsed := time.Since(clock)
	return elapsed, verify(turns, 2*each)
}
