package main

import (
	"sync"
	"time"
)

const crowd = 16

// contended: sixteen senders and sixteen receivers on one channel of this capacity. Timed: from
// before the goroutines are started until every receiver has seen the channel end. Besides the time
// the sample says how evenly the receivers were served, relative to an even share.
func contended(capacity uint64) Workload {
	return func(scale uint64, stage *Stage) ([]Figure, error) {
		messages := scaled(messages, scale, crowd)
		if _, _, err := crowdThrough(capacity, divCeil(messages, 10), &Stage{}); err != nil {
			return nil, err
		}
		stage.Expect(messages)
		elapsed, counts, err := crowdThrough(capacity, messages, stage)
		if err != nil {
			return nil, err
		}
		least, most := counts[0], counts[0]
		for _, count := range counts {
			least, most = min(least, count), max(most, count)
		}
		share := func(metric string, count uint64) Figure {
			return Figure{metric, "share", float64(count) * crowd / float64(messages)}
		}
		return []Figure{
			nanosecondsPer("per-message", elapsed, messages),
			share("fairness-min", least),
			share("fairness-max", most),
		}, nil
	}
}

func crowdThrough(capacity, messages uint64, stage *Stage) (time.Duration, [crowd]uint64, error) {
	channel := make(chan uint64, capacity)
	var received [crowd]Received
	var senders, receivers sync.WaitGroup
	senders.Add(crowd)
	receivers.Add(crowd)
	clock := stage.Start()
	for receiver := range crowd {
		go func() {
			tally := Tally{stage: stage}
			for message := range channel {
				tally.Add(message)
			}
			received[receiver] = tally.Finish()
			receivers.Done()
		}()
	}
	for first := range uint64(crowd) {
		go func() {
			for message := first; message < messages; message += crowd {
				channel <- message
			}
			senders.Done()
		}()
	}
	senders.Wait()
	close(channel)
	receivers.Wait()
	elapsed := time.Since(clock)

	var all Received
	var counts [crowd]uint64
	for receiver, got := range received {
		all.count += got.count
		all.sum += got.sum
		counts[receiver] = got.count
	}
	return elapsed, counts, all.Verify(messages)
}
