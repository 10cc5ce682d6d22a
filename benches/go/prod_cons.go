package main

import "time"

const messages = 200_000

// prodCons: one sender, one receiver, one channel of this capacity. Timed: from before both
// goroutines are started until the receiver has seen the channel end.
func prodCons(capacity uint64) Workload {
	return func(scale uint64, stage *Stage) ([]Figure, error) {
		messages := scaled(messages, scale, 1)
		if _, err := messagesThrough(capacity, divCeil(messages, 10), &Stage{}); err != nil {
			return nil, err
		}
		stage.Expect(messages)
		elapsed, err := messagesThrough(capacity, messages, stage)
		return []Figure{nanosecondsPer("per-message", elapsed, messages)}, err
	}
}

func messagesThrough(capacity, messages uint64, stage *Stage) (time.Duration, error) {
	channel := make(chan uint64, capacity)
	consumed, produced := make(chan Received, 1), make(chan struct{})
	clock := stage.Start()
	go func() {
		for message := range messages {
			channel <- message
		}
		close(channel)
		close(produced)
	}()
	go func() {
		tally := Tally{stage: stage}
		for message := range channel {
			tally.Add(message)
		}
		consumed <- tally.Finish()
	}()
	received := <-consumed
	elapsed := time.Since(clock)
	<-produced
	return elapsed, received.Verify(messages)
}
