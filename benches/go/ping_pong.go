package main

import (
	"math"
	"slices"
	"time"
)

const trips = 50_000

// pingPong: one message goes back and forth between two goroutines over two rendezvous channels.
// Timed: round trips. The mean comes from a pass that reads the clock twice altogether, the
// percentiles from a second one that reads it twice a trip.
func pingPong(scale uint64, stage *Stage) ([]Figure, error) {
	trips := scaled(trips, scale, 1)
	if _, err := play(divCeil(trips, 10), nil, &Stage{}); err != nil {
		return nil, err
	}
	stage.Expect(2 * trips)
	elapsed, err := play(trips, nil, stage)
	if err != nil {
		return nil, err
	}
	latencies := make([]int64, trips)
	if _, err := play(trips, latencies, stage); err != nil {
		return nil, err
	}
	slices.Sort(latencies)
	quantile := func(metric string, quantile float64) Figure {
		place := int(math.Ceil(quantile*float64(trips))) - 1
		return Figure{metric, "ns", float64(latencies[max(place, 0)])}
	}
	return []Figure{
		nanosecondsPer("round-trip", elapsed, trips),
		quantile("round-trip-p50", 0.5),
		quantile("round-trip-p90", 0.9),
		quantile("round-trip-p99", 0.99),
		quantile("round-trip-p99.9", 0.999),
		quantile("round-trip-max", 1),
	}, nil
}

// play plays that many round trips; with a place for each latency, each is also timed on its own.
func play(trips uint64, latencies []int64, stage *Stage) (time.Duration, error) {
	ping, pong := make(chan uint64), make(chan uint64)
	partner := make(chan struct{})
	go func() {
		for message := range ping {
			pong <- message
		}
		close(pong)
		close(partner)
	}()

	var elapsed time.Duration
	player := make(chan Received, 1)
	go func() {
		tally := Tally{stage: stage}
		clock := stage.Start()
		if latencies == nil {
			for message := range trips {
				ping <- message
				tally.Add(<-pong)
			}
		} else {
			for message := range trips {
				began := time.Now()
				ping <- message
				back := <-pong
				latencies[message] = time.Since(began).Nanoseconds()
				tally.Add(back)
			}
		}
		elapsed = time.Since(clock)
		close(ping)
		player <- tally.Finish()
	}()
	received := <-player
	<-partner
	return elapsed, received.Verify(trips)
}
