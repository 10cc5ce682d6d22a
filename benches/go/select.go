package main

import "time"

const selected = 100_000

// selectTwo and selectEight: one goroutine waits for two or eight rendezvous channels at once, each
// with a sender of its own. Timed: from before the senders are started until the last message is
// received.
func selectTwo(scale uint64, stage *Stage) ([]Figure, error) {
	return selecting(2, receiveFromTwo, scale, stage)
}

func selectEight(scale uint64, stage *Stage) ([]Figure, error) {
	return selecting(8, receiveFromEight, scale, stage)
}

type selector func(channels []chan uint64, messages uint64, stage *Stage) Received

func selecting(arms int, receive selector, scale uint64, stage *Stage) ([]Figure, error) {
	messages := scaled(selected, scale, 8)
	if _, err := selectThrough(arms, receive, divCeil(messages, 10), &Stage{}); err != nil {
		return nil, err
	}
	stage.Expect(messages)
	elapsed, err := selectThrough(arms, receive, messages, stage)
	return []Figure{nanosecondsPer("per-message", elapsed, messages)}, err
}

func selectThrough(arms int, receive selector, messages uint64, stage *Stage) (time.Duration, error) {
	channels := make([]chan uint64, arms)
	for arm := range channels {
		channels[arm] = make(chan uint64)
	}
	result := make(chan Received, 1)
	clock := stage.Start()
	for first, channel := range channels {
		go func() {
			for message := uint64(first); message < messages; message += uint64(arms) {
				channel <- message
			}
		}()
	}
	go func() { result <- receive(channels, messages, stage) }()
	received := <-result
	elapsed := time.Since(clock)
	return elapsed, received.Verify(messages)
}

func receiveFromTwo(channels []chan uint64, messages uint64, stage *Stage) Received {
	a, b := channels[0], channels[1]
	tally := Tally{stage: stage}
	for range messages {
		select {
		case message := <-a:
			tally.Add(message)
		case message := <-b:
			tally.Add(message)
		}
	}
	return tally.Finish()
}

func receiveFromEight(channels []chan uint64, messages uint64, stage *Stage) Received {
	a, b, c, d := channels[0], channels[1], channels[2], channels[3]
	e, f, g, h := channels[4], channels[5], channels[6], channels[7]
	tally := Tally{stage: stage}
	for range messages {
		select {
		case message := <-a:
			tally.Add(message)
		case message := <-b:
			tally.Add(message)
		case message := <-c:
			tally.Add(message)
		case message := <-d:
			tally.Add(message)
		case message := <-e:
			tally.Add(message)
		case message := <-f:
			tally.Add(message)
		case message := <-g:
			tally.Add(message)
		case message := <-h:
			tally.Add(message)
		}
	}
	return tally.Finish()
}
