package main

import (
	"sync"
	"time"
)

const crowd = 16

// contended: sixteen senders and sixteen receivers on one channel of this capacity. Timed: from
// before the goroutines are started until every receiver has seen the channel end. Besides the time
// the sample says how evenly everybody was served, relative to an even share: what the receivers had
// by the end, and what the senders had sent when the first of them was through.
func contended(capacity uint64) Workload {
	return func(scale uint64, stage *Stage) ([]Figure, error) {
		messages := scaled(messages, scale, crowd)
		if _, err := crowdThrough(capacity, divCeil(messages, 10), &Stage{}); err != nil {
			return nil, err
		}
		stage.Expect(messages)
		served, err := crowdThrough(capacity, messages, stage)
		if err != nil {
			return nil, err
		}
		least, most := shares(served.received)
		senderLeast, senderMost := shares(served.sent)
		return []Figure{
			nanosecondsPer("per-message", served.elapsed, messages),
			{"fairness-min", "share", least},
			{"fairness-max", "share", most},
			{"sender-fairness-min", "share", senderLeast},
			{"sender-fairness-max", "share", senderMost},
		}, nil
	}
}

// served is how a crowd of senders and receivers did.
type served struct {
	elapsed        time.Duration
	received, sent [crowd]uint64
}

// shares are the smallest and the largest count, where 1 is an even share.
func shares(counts [crowd]uint64) (float64, float64) {
	least, most, total := counts[0], counts[0], uint64(0)
	for _, count := range counts {
		least, most, total = min(least, count), max(most, count), total+count
	}
	share := func(count uint64) float64 { return float64(count) * crowd / float64(total) }
	return share(least), share(most)
}

// count stands on a cache line of its own, so that counting costs next to nothing. It is read by
// others while its sender goes on, and is a plain word all the same: Go has no relaxed store, and
// an atomic one would cost Go's sends what the other subjects do not pay. Go's memory model promises
// that such a read sees a value that was written.
type count struct {
	sent uint64
	_    [120]byte
}

func crowdThrough(capacity, messages uint64, stage *Stage) (served, error) {
	channel := make(chan uint64, capacity)
	var received [crowd]Received
	var sent [crowd]count
	var result served
	var firstEnd sync.Once
	isThrough := func() {
		for sender := range sent {
			result.sent[sender] = sent[sender].sent
		}
	}
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
	for sender := range uint64(crowd) {
		go func() {
			mine := &sent[sender]
			for message := sender; message < messages; message += crowd {
				channel <- message
				mine.sent++
			}
			firstEnd.Do(isThrough)
			senders.Done()
		}()
	}
	senders.Wait()
	close(channel)
	receivers.Wait()
	result.elapsed = time.Since(clock)

	var all Received
	for receiver, got := range received {
		all.count += got.count
		all.sum += got.sum
		result.received[receiver] = got.count
	}
	return result, all.Verify(messages)
}
