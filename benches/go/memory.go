package main

import (
	"fmt"
	"os"
	"runtime"
)

const heapNote = "heap: Go's own count of live objects and stacks"

// Footprint is what the process holds at one moment, in bytes.
type Footprint struct{ resident, heap int64 }

// footprint reads it. The resident set first: counting the heap stops the world.
func footprint() (Footprint, error) {
	const path = "/proc/self/statm"
	text, err := os.ReadFile(path)
	if err != nil {
		return Footprint{}, fmt.Errorf("resident memory cannot be read: %w", err)
	}
	var size, pages int64
	if _, err := fmt.Sscan(string(text), &size, &pages); err != nil {
		return Footprint{}, fmt.Errorf("resident memory cannot be read: %s says `%s`", path, text)
	}
	var heap runtime.MemStats
	runtime.ReadMemStats(&heap)
	return Footprint{
		resident: pages * int64(os.Getpagesize()),
		heap:     int64(heap.HeapAlloc + heap.StackInuse),
	}, nil
}

// residentPer shares out what came since earlier.
func (f Footprint) residentPer(earlier Footprint, count uint64) float64 {
	return float64(f.resident-earlier.resident) / float64(count)
}

func (f Footprint) heapPer(earlier Footprint, count uint64) float64 {
	return float64(f.heap-earlier.heap) / float64(count)
}
