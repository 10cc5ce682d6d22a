package main

import (
	"sync"
	"sync/atomic"
	"time"
)

const callers = 64

// syscalls: 64 goroutines that each stand in a system call for 20 ms. Timed: from before the first is
// started until all are waited for.
func syscalls(scale uint64, stage *Stage) ([]Figure, error) {
	goroutines := scaled(callers, scale, 2)
	stage.Expect(goroutines)
	var returned atomic.Uint64
	var group sync.WaitGroup
	clock := stage.Start()
	for range goroutines {
		group.Add(1)
		go func() {
			systemSleep(20 * time.Millisecond)
			returned.Add(1)
			stage.Advance(1)
			group.Done()
		}()
	}
	group.Wait()
	elapsed := time.Since(clock)
	return []Figure{nanosecondsPer("total", elapsed, 1)}, verify(returned.Load(), goroutines)
}
