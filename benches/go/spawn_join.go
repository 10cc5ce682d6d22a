package main

import "time"

// joined: rounds of a small count go on until this many goroutines were waited for.
const joined = 20_000

// warmUp: the warm-up has a tenth of the goroutines, but no more than this.
const warmUp = 10_000

// spawnJoin: start that many goroutines that each increment a counter, and wait for all. Timed: from
// before the first is started until all are waited for. Small counts are repeated.
func spawnJoin(goroutines uint64) Workload {
	return func(scale uint64, stage *Stage) ([]Figure, error) {
		goroutines := scaled(goroutines, scale, 1)
		rounds := divCeil(scaled(joined, scale, 1), goroutines)
		if _, err := spawnAndJoin(min(divCeil(goroutines, 10), warmUp), &Stage{}); err != nil {
			return nil, err
		}
		stage.Expect(rounds * goroutines)
		var elapsed time.Duration
		for range rounds {
			round, err := spawnAndJoin(goroutines, stage)
			if err != nil {
				return nil, err
			}
			stage.Advance(goroutines)
			elapsed += round
		}
		return []Figure{nanosecondsPer("per-goroutine", elapsed, rounds*goroutines)}, nil
	}
}
