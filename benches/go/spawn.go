package main

import (
	"sync"
	"sync/atomic"
	"time"
)

const million = 1_000_000

// spawn: start 1,000,000 goroutines that each increment a counter, and wait for all. Timed: from
// before the first is started until all are waited for.
func spawn(scale uint64, stage *Stage) ([]Figure, error) {
	goroutines := scaled(million, scale, 1)
	if _, err := spawnAndJoin(divCeil(goroutines, 10), &Stage{}); err != nil {
		return nil, err
	}
	stage.Expect(goroutines)
	elapsed, err := spawnAndJoin(goroutines, stage)
	stage.Advance(goroutines)
	return []Figure{nanosecondsPer("per-goroutine", elapsed, goroutines)}, err
}

func spawnAndJoin(goroutines uint64, stage *Stage) (time.Duration, error) {
	var counter atomic.Uint64
	var group sync.WaitGroup
	clock := stage.Start()
	for range goroutines {
		group.Add(1)
		go func() {
			counter.Add(1)
			group.Done()
		}()
	}
	group.Wait()
	elapsed := time.Since(clock)
	if ran := counter.Load(); ran != goroutines {
		return 0, wrongCount(ran, goroutines)
	}
	return elapsed, nil
}
