package main

import (
	"fmt"
	"math"
	"sync/atomic"
	"time"
)

// reportEvery is how often a receiver reports how far it got, in messages.
const reportEvery = 256

// Stage is what a workload and the watcher around it tell each other while it runs.
type Stage struct {
	started   atomic.Pointer[time.Time]
	delivered atomic.Uint64
	expected  atomic.Uint64
	found     atomic.Pointer[[]Figure]
}

// Expect says how many operations the timed parts will do altogether.
func (s *Stage) Expect(operations uint64) { s.expected.Store(operations) }

// Advance says that this many more operations are done.
func (s *Stage) Advance(operations uint64) { s.delivered.Add(operations) }

// Found says what was measured before the timed part, which stands even if that does not finish.
func (s *Stage) Found(figures []Figure) { s.found.Store(&figures) }

// Started gives the time when the first timed part began, if it has.
func (s *Stage) Started() (time.Time, bool) {
	if started := s.started.Load(); started != nil {
		return *started, true
	}
	return time.Time{}, false
}

// Start starts the clock. As in the lab, the first start lets the workers come to rest first.
func (s *Stage) Start() time.Time {
	if s.started.Load() == nil {
		time.Sleep(2 * time.Millisecond)
		now := time.Now()
		s.started.Store(&now)
	}
	return time.Now()
}

// unfinished is the answer of a workload that passed its deadline.
func (s *Stage) unfinished(deadline time.Duration, timed bool) Answer {
	limit := fmt.Sprintf("its deadline of %v s", deadline.Seconds())
	reason := "it passed " + limit
	if !timed {
		reason = "it was still being prepared at " + limit
	}
	delivered, expected := s.delivered.Load(), s.expected.Load()
	answer := Answer{Status: "dnf", Reason: reason, Delivered: &delivered, Expected: &expected}
	if found := s.found.Load(); found != nil {
		answer.Figures = *found
	}
	return answer
}

// Tally is what a receiver got: a count and a checksum, reported to the stage now and then.
type Tally struct {
	stage *Stage
	count uint64
	sum   uint64
}

// Add counts one message.
func (t *Tally) Add(message uint64) {
	t.count++
	t.sum += message
	if t.count%reportEvery == 0 {
		t.stage.Advance(reportEvery)
	}
}

// Finish gives the count and the checksum.
func (t *Tally) Finish() Received {
	t.stage.Advance(t.count % reportEvery)
	return Received{t.count, t.sum}
}

// Received is a count and a sum, to be held against what was sent.
type Received struct{ count, sum uint64 }

// Verify holds it against the messages 0 to count - 1.
func (r Received) Verify(count uint64) error {
	if r.count != count {
		return wrongCount(r.count, count)
	}
	if expected := checksum(count); r.sum != expected {
		return fmt.Errorf("the checksum over %d messages is %d, but should be %d", count, r.sum, expected)
	}
	return nil
}

// checksum is the wrapping sum of 0 to count - 1, halved before it can wrap.
func checksum(count uint64) uint64 {
	if count%2 == 0 {
		return count / 2 * (count - 1)
	}
	return count * ((count - 1) / 2)
}

func wrongCount(delivered, expected uint64) error {
	return fmt.Errorf("it delivered %d of %d", delivered, expected)
}

// verify holds how often something was done against how often it should have been.
func verify(delivered, expected uint64) error {
	if delivered != expected {
		return wrongCount(delivered, expected)
	}
	return nil
}

// compute computes for so long, without an operation of the scheduler's.
func compute(duration time.Duration) {
	begun := time.Now()
	for time.Since(begun) < duration {
	}
}

// quantileOf is the value below which this share of sorted values lies.
func quantileOf(metric string, sorted []int64, share float64) Figure {
	place := min(int(math.Ceil(share*float64(len(sorted)))), len(sorted))
	if len(sorted) == 0 {
		return Figure{metric, "ns", 0}
	}
	return Figure{metric, "ns", float64(sorted[max(place-1, 0)])}
}

// scaled is a count divided by the scale, but at least least.
func scaled(count, scale, least uint64) uint64 { return max(count/scale, least) }

// divCeil divides and rounds up.
func divCeil(count, by uint64) uint64 { return (count + by - 1) / by }

func nanosecondsPer(metric string, elapsed time.Duration, operations uint64) Figure {
	return Figure{metric, "ns", float64(elapsed.Nanoseconds()) / float64(operations)}
}
