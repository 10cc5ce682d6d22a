package main

import "time"

const plainTrips = 20_000

// plainPingPong: the game of ping-pong between two functions. In Go every function is plain. Timed:
// from before both are started until both are waited for.
func plainPingPong(scale uint64, stage *Stage) ([]Figure, error) {
	trips := scaled(plainTrips, scale, 1)
	if _, err := plainRoundTrips(divCeil(trips, 10), &Stage{}); err != nil {
		return nil, err
	}
	stage.Expect(trips)
	elapsed, err := plainRoundTrips(trips, stage)
	return []Figure{nanosecondsPer("round-trip", elapsed, trips)}, err
}

func plainRoundTrips(trips uint64, stage *Stage) (time.Duration, error) {
	ping, pong := make(chan uint64), make(chan uint64)
	partner, player := make(chan struct{}), make(chan Received, 1)
	clock := stage.Start()
	go func() {
		answerPlainly(ping, pong)
		close(partner)
	}()
	go func() { player <- playPlainly(ping, pong, trips, stage) }()
	received := <-player
	<-partner
	elapsed := time.Since(clock)
	return elapsed, received.Verify(trips)
}

func answerPlainly(ping <-chan uint64, pong chan<- uint64) {
	for message := range ping {
		pong <- message
	}
}

func playPlainly(ping chan<- uint64, pong <-chan uint64, trips uint64, stage *Stage) Received {
	tally := Tally{stage: stage}
	for message := range trips {
		ping <- message
		tally.Add(<-pong)
	}
	close(ping)
	return tally.Finish()
}
