package main

import (
	"sync"
	"time"
)

const (
	lockers = 16
	locks   = 200_000
)

// mutexContended: sixteen goroutines that all count under one mutex. Timed: from before they are
// started until all are waited for.
func mutexContended(scale uint64, stage *Stage) ([]Figure, error) {
	each := scaled(locks, scale, lockers) / lockers
	if _, err := countUnderMutex(divCeil(each, 10), &Stage{}); err != nil {
		return nil, err
	}
	stage.Expect(each * lockers)
	elapsed, err := countUnderMutex(each, stage)
	stage.Advance(each * lockers)
	return []Figure{nanosecondsPer("per-lock", elapsed, each*lockers)}, err
}

func countUnderMutex(each uint64, stage *Stage) (time.Duration, error) {
	var mutex sync.Mutex
	var group sync.WaitGroup
	total := uint64(0)
	clock := stage.Start()
	for range lockers {
		group.Add(1)
		go func() {
			for range each {
				mutex.Lock()
				total++
				mutex.Unlock()
			}
			group.Done()
		}()
	}
	group.Wait()
	elapsed := time.Since(clock)
	return elapsed, verify(total, each*lockers)
}
