package main

import (
	"slices"
	"time"
)

const (
	wakings   = 25
	computing = 20 * time.Millisecond
)

// unfairWaker: a goroutine wakes another and then computes for 20 ms. Measured: from just before the
// send that wakes until the woken goroutine runs, 25 times.
func unfairWaker(scale uint64, stage *Stage) ([]Figure, error) {
	rounds := scaled(wakings, scale, 2)
	stage.Expect(rounds)
	bell := make(chan int64, 1)
	result, over := make(chan []int64, 1), make(chan struct{})
	stage.Start()
	begun := time.Now()
	go func() {
		var delays []int64
		for range rounds {
			rung := <-bell
			delays = append(delays, time.Since(begun).Nanoseconds()-rung)
			stage.Advance(1)
		}
		result <- delays
	}()
	go func() {
		for range rounds {
			// By then the sleeper waits again, and the other worker is idle.
			time.Sleep(2 * time.Millisecond)
			bell <- time.Since(begun).Nanoseconds()
			compute(computing)
		}
		close(over)
	}()
	<-over
	delays := <-result
	slices.Sort(delays)
	return []Figure{
		quantileOf("delay-p50", delays, 0.5),
		quantileOf("delay-p90", delays, 0.9),
		quantileOf("delay-max", delays, 1),
	}, verify(uint64(len(delays)), rounds)
}
