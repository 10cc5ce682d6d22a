package main

import "time"

// timersReported is how many timers are reported at a time.
const timersReported = 1024

// timer: 1,000,000 timers of an hour, one after the other, each made and stopped. Timed: from before
// the first is made until the last is stopped.
func timer(scale uint64, stage *Stage) ([]Figure, error) {
	timers := scaled(million, scale, 1)
	if _, err := makeAndStop(divCeil(timers, 10), &Stage{}); err != nil {
		return nil, err
	}
	stage.Expect(timers)
	elapsed, err := makeAndStop(timers, stage)
	return []Figure{nanosecondsPer("per-timer", elapsed, timers)}, err
}

func makeAndStop(timers uint64, stage *Stage) (time.Duration, error) {
	result := make(chan uint64, 1)
	clock := stage.Start()
	go func() {
		stopped := uint64(0)
		for range timers {
			if time.NewTimer(time.Hour).Stop() {
				stopped++
			}
			if stopped%timersReported == 0 {
				stage.Advance(timersReported)
			}
		}
		result <- stopped
	}()
	stopped := <-result
	elapsed := time.Since(clock)
	return elapsed, verify(stopped, timers)
}
