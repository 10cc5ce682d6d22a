package main

import "time"

// fanInMessages: rounds of a small n go on until this many messages were received.
const fanInMessages = 20_000

// fanIn: that many senders parked on a channel of capacity 1, one receiver. Timed: the receiver's
// receives. Before the clock starts, one sender has put its message into the buffer and all others
// wait. Small counts are repeated, each time with a new channel.
func fanIn(senders uint64) Workload {
	return func(scale uint64, stage *Stage) ([]Figure, error) {
		senders := scaled(senders, scale, 2)
		rounds := divCeil(scaled(fanInMessages, scale, 1), senders)
		if _, err := drainParked(min(senders, 1_000), &Stage{}); err != nil {
			return nil, err
		}
		stage.Expect(rounds * senders)
		var elapsed time.Duration
		for range rounds {
			round, err := drainParked(senders, stage)
			if err != nil {
				return nil, err
			}
			elapsed += round
		}
		return []Figure{nanosecondsPer("per-message", elapsed, rounds*senders)}, nil
	}
}

func drainParked(senders uint64, stage *Stage) (time.Duration, error) {
	channel := make(chan uint64, 1)
	var gate Gate
	for message := range senders {
		go func() {
			gate.Arrive()
			channel <- message
		}()
	}
	gate.Wait(senders)
	tally := Tally{stage: stage}
	clock := stage.Start()
	for range senders {
		tally.Add(<-channel)
	}
	elapsed := time.Since(clock)
	return elapsed, tally.Finish().Verify(senders)
}
