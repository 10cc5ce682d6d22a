//go:build !linux

package main

import "time"

// limit does nothing: only Linux has what it needs.
func limit(uint64) {}

// systemSleep sleeps as Go does: only Linux has the call that is meant.
func systemSleep(duration time.Duration) { time.Sleep(duration) }

// processorTime is not known.
func processorTime() time.Duration { return 0 }
