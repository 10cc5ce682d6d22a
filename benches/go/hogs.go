package main

import (
	"errors"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

const hogMilliseconds = 200

// hogs: as many goroutines as workers compute for 200 ms, while another wants to run every
// millisecond. Measured: by how much its sleeps of 1 ms were late while the others computed.
func hogs(scale uint64, stage *Stage) ([]Figure, error) {
	computing := time.Duration(scaled(hogMilliseconds, scale, 5)) * time.Millisecond
	workers := runtime.GOMAXPROCS(0)
	stage.Expect(uint64(workers))
	var computes, areDone atomic.Bool
	result := make(chan []int64, 1)
	go func() {
		var late []int64
		for !areDone.Load() {
			begun := time.Now()
			time.Sleep(time.Millisecond)
			slept := time.Since(begun)
			if computes.Load() {
				late = append(late, max(slept-time.Millisecond, 0).Nanoseconds())
			}
		}
		result <- late
	}()
	stage.Start()
	computes.Store(true)
	var group sync.WaitGroup
	for range workers {
		group.Add(1)
		go func() {
			compute(computing)
			stage.Advance(1)
			group.Done()
		}()
	}
	group.Wait()
	areDone.Store(true)
	late := <-result
	if len(late) == 0 {
		return nil, errors.New("the ticker never ticked")
	}
	slices.Sort(late)
	return []Figure{
		quantileOf("delay-max", late, 1),
		quantileOf("delay-p50", late, 0.5),
	}, nil
}
