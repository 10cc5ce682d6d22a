package main

import (
	"errors"
	"runtime"
)

const channels = 100_000

// rss: what an idle channel of this capacity costs in memory. Measured: the growth while 100,000 are
// made and kept. The list that holds them is there, and touched, before.
func rss(capacity uint64) Workload {
	return func(scale uint64, stage *Stage) ([]Figure, error) {
		channels := scaled(channels, scale, 1)
		stage.Expect(channels)
		held := make([]chan uint64, channels)
		placeholder := make(chan uint64)
		for index := range held {
			held[index] = placeholder
		}
		before, err := footprint()
		if err != nil {
			return nil, err
		}
		stage.Start()
		for index := range held {
			held[index] = make(chan uint64, capacity)
			stage.Advance(1)
		}
		after, err := footprint()
		if err != nil {
			return nil, err
		}
		if err := probe(held[channels-1]); err != nil {
			return nil, err
		}
		runtime.KeepAlive(held)
		return []Figure{
			{"resident-per-channel", "bytes", after.residentPer(before, channels)},
			{"heap-per-channel", "bytes", after.heapPer(before, channels)},
		}, nil
	}
}

// probe checks that what was made are channels: the last one carries a message.
func probe(channel chan uint64) error {
	const probe = 42
	go func() { channel <- probe }()
	if message := <-channel; message != probe {
		return errors.New("a channel did not carry the probe")
	}
	return nil
}
