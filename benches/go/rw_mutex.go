package main

import (
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

// writesOneIn: of so many operations one writes.
const writesOneIn = 100

// rwMutexReadMostly: sixteen goroutines that share a read-write mutex, of whose operations one in a
// hundred writes. Timed: from before they are started until all are waited for.
func rwMutexReadMostly(scale uint64, stage *Stage) ([]Figure, error) {
	each := scaled(locks, scale, lockers) / lockers
	if _, err := readAndWrite(divCeil(each, 10), &Stage{}); err != nil {
		return nil, err
	}
	stage.Expect(each * lockers)
	elapsed, err := readAndWrite(each, stage)
	stage.Advance(each * lockers)
	return []Figure{nanosecondsPer("per-lock", elapsed, each*lockers)}, err
}

func readAndWrite(each uint64, stage *Stage) (time.Duration, error) {
	var mutex sync.RWMutex
	var group sync.WaitGroup
	var sawThePast atomic.Bool
	written := uint64(0)
	clock := stage.Start()
	for range lockers {
		group.Add(1)
		go func() {
			last := uint64(0)
			for turn := range each {
				if turn%writesOneIn == 0 {
					mutex.Lock()
					written++
					mutex.Unlock()
				} else {
					mutex.RLock()
					now := written
					mutex.RUnlock()
					if now < last {
						sawThePast.Store(true)
					}
					last = now
				}
			}
			group.Done()
		}()
	}
	group.Wait()
	elapsed := time.Since(clock)
	if sawThePast.Load() {
		return 0, errors.New("a reader saw the past")
	}
	return elapsed, verify(written, divCeil(each, writesOneIn)*lockers)
}
