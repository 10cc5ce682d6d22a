package main

import "time"

// producersWarmUp: the warm-up has a tenth of the producers, but no more than this.
const producersWarmUp = 100

// fromProducers: that many goroutines each send one message on one channel of capacity 1, and one
// goroutine, started after them, receives them all. Timed: from before the first is started until
// the last message is received.
func fromProducers(producers uint64) Workload {
	return func(scale uint64, stage *Stage) ([]Figure, error) {
		producers := scaled(producers, scale, 1)
		if _, err := allThrough(min(divCeil(producers, 10), producersWarmUp), &Stage{}); err != nil {
			return nil, err
		}
		stage.Expect(producers)
		elapsed, err := allThrough(producers, stage)
		return []Figure{nanosecondsPer("per-message", elapsed, producers)}, err
	}
}

func allThrough(producers uint64, stage *Stage) (time.Duration, error) {
	channel := make(chan uint64, 1)
	consumed := make(chan Received, 1)
	clock := stage.Start()
	for message := range producers {
		go func() { channel <- message }()
	}
	go func() {
		tally := Tally{stage: stage}
		for range producers {
			tally.Add(<-channel)
		}
		consumed <- tally.Finish()
	}()
	received := <-consumed
	elapsed := time.Since(clock)
	return elapsed, received.Verify(producers)
}
