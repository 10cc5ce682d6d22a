package main

// switches: two goroutines hand a message to and fro over Go's own channels. Timed: round trips, each
// at least two switches.
func switches(scale uint64, stage *Stage) ([]Figure, error) {
	trips := scaled(trips, scale, 1)
	if _, err := play(divCeil(trips, 10), nil, &Stage{}); err != nil {
		return nil, err
	}
	stage.Expect(trips)
	elapsed, err := play(trips, nil, stage)
	return []Figure{nanosecondsPer("round-trip", elapsed, trips)}, err
}
