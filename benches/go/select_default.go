package main

import "time"

const looks = 1_000_000

// selectDefault: a select with a default that finds nothing ready in one or two channels. Timed:
// looks of one goroutine. Nobody ever sends.
func selectDefault(arms uint64) Workload {
	return func(scale uint64, stage *Stage) ([]Figure, error) {
		looks := scaled(looks, scale, 1)
		if _, err := look(arms, divCeil(looks, 10), &Stage{}); err != nil {
			return nil, err
		}
		stage.Expect(looks)
		elapsed, err := look(arms, looks, stage)
		stage.Advance(looks)
		return []Figure{nanosecondsPer("per-look", elapsed, looks)}, err
	}
}

func look(arms, looks uint64, stage *Stage) (time.Duration, error) {
	a, b := make(chan uint64, 1), make(chan uint64, 1)
	result := make(chan uint64, 1)
	clock := stage.Start()
	go func() {
		nothing := uint64(0)
		if arms == 1 {
			for range looks {
				select {
				case <-a:
				default:
					nothing++
				}
			}
		} else {
			for range looks {
				select {
				case <-a:
				case <-b:
				default:
					nothing++
				}
			}
		}
		result <- nothing
	}()
	nothing := <-result
	elapsed := time.Since(clock)
	return elapsed, verify(nothing, looks)
}
