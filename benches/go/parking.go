package main

import (
	"runtime/metrics"
	"sync/atomic"
	"time"
)

// Gate knows when goroutines are parked. Go gives no hook between parking and being parked, so it
// asks two things: that all have said that they are about to, and that the scheduler has no other
// goroutine to run than the one that asks.
type Gate struct{ arrived atomic.Uint64 }

// Arrive says that this goroutine parks next.
func (g *Gate) Arrive() { g.arrived.Add(1) }

// Wait waits until that many have parked.
func (g *Gate) Wait(count uint64) {
	for g.arrived.Load() < count || !quiet() {
		time.Sleep(100 * time.Microsecond)
	}
}

func quiet() bool {
	states := []metrics.Sample{
		{Name: "/sched/goroutines/runnable:goroutines"},
		{Name: "/sched/goroutines/running:goroutines"},
	}
	metrics.Read(states)
	return states[0].Value.Uint64() == 0 && states[1].Value.Uint64() <= 1
}
