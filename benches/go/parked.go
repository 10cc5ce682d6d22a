package main

import (
	"sync/atomic"
	"time"
)

// wakesReported is how many wakes are reported at a time.
const wakesReported = 64

// parked: that many goroutines parked on one channel, then the channel is closed. Measured: the
// growth of memory until all are parked, and the time from the close until all have seen it.
func parked(goroutines uint64) Workload {
	return func(scale uint64, stage *Stage) ([]Figure, error) {
		return parkAndClose(scaled(goroutines, scale, 1), stage)
	}
}

func parkAndClose(goroutines uint64, stage *Stage) ([]Figure, error) {
	stage.Expect(goroutines)
	channel := make(chan uint64, 1)
	var gate Gate
	var ended, missing atomic.Uint64
	missing.Store(goroutines)
	woken := make(chan struct{})

	before, err := footprint()
	if err != nil {
		return nil, err
	}
	for range goroutines {
		go func() {
			gate.Arrive()
			if _, open := <-channel; !open && ended.Add(1)%wakesReported == 0 {
				stage.Advance(wakesReported)
			}
			if missing.Add(^uint64(0)) == 0 {
				close(woken)
			}
		}()
	}
	gate.Wait(goroutines)
	after, err := footprint()
	if err != nil {
		return nil, err
	}
	held := []Figure{
		{"resident-per-goroutine", "bytes", after.residentPer(before, goroutines)},
		{"heap-per-goroutine", "bytes", after.heapPer(before, goroutines)},
	}
	stage.Found(held)

	clock := stage.Start()
	close(channel)
	<-woken
	elapsed := time.Since(clock)
	if ended := ended.Load(); ended != goroutines {
		return nil, wrongCount(ended, goroutines)
	}
	return append(held, nanosecondsPer("per-wake", elapsed, goroutines)), nil
}
