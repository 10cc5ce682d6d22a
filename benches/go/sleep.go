package main

import (
	"sync"
	"sync/atomic"
	"time"
)

const sleepers = 100_000

// sleep: 100,000 goroutines that each sleep once, between 1 and 2 ms. Timed: from before the first is
// started until all are waited for. The lateness is how much longer than asked for a goroutine slept.
func sleep(scale uint64, stage *Stage) ([]Figure, error) {
	sleepers := scaled(sleepers, scale, 1)
	if _, err := allSleep(divCeil(sleepers, 10), &Stage{}); err != nil {
		return nil, err
	}
	stage.Expect(sleepers)
	night, err := allSleep(sleepers, stage)
	stage.Advance(sleepers)
	return []Figure{
		nanosecondsPer("per-sleep", night.elapsed, sleepers),
		{"lateness-max", "ns", float64(night.largest.Load())},
		{"lateness-mean", "ns", float64(night.sum.Load()) / float64(sleepers)},
	}, err
}

// night is how a crowd of sleepers slept.
type night struct {
	elapsed             time.Duration
	slept, sum, largest atomic.Uint64
}

func allSleep(sleepers uint64, stage *Stage) (*night, error) {
	lateness := &night{}
	var group sync.WaitGroup
	clock := stage.Start()
	for sleeper := range sleepers {
		// Not in the order of their starts.
		asked := time.Duration(1_000_000 + (sleeper*7919%1000)*1000)
		group.Add(1)
		go func() {
			begun := time.Now()
			time.Sleep(asked)
			slept := time.Since(begun)
			late := uint64(max(slept-asked, 0))
			if slept >= asked {
				lateness.slept.Add(1)
			}
			lateness.sum.Add(late)
			for {
				largest := lateness.largest.Load()
				if late <= largest || lateness.largest.CompareAndSwap(largest, late) {
					break
				}
			}
			group.Done()
		}()
	}
	group.Wait()
	lateness.elapsed = time.Since(clock)
	return lateness, verify(lateness.slept.Load(), sleepers)
}
