package main

import "time"

const wakes = 200

// idleCPU: what a program that does nearly nothing costs: it wakes every millisecond, 200 times.
// Measured: processor time of the whole process, shared out over the wakes.
func idleCPU(scale uint64, stage *Stage) ([]Figure, error) {
	wakes := scaled(wakes, scale, 5)
	stage.Expect(wakes)
	result := make(chan uint64, 1)
	stage.Start()
	before := processorTime()
	go func() {
		woken := uint64(0)
		for range wakes {
			time.Sleep(time.Millisecond)
			woken++
		}
		result <- woken
	}()
	woken := <-result
	spent := processorTime() - before
	stage.Advance(woken)
	return []Figure{nanosecondsPer("processor-per-wake", spent, wakes)}, verify(woken, wakes)
}
