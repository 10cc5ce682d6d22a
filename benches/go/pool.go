package main

import "time"

const (
	poolWorkers = 8
	poolJobs    = 100_000
	poolBuffer  = 100
)

// pool: eight workers that take jobs from one buffered channel and put results into another. Timed:
// from before the workers are started until the last result is received.
func pool(scale uint64, stage *Stage) ([]Figure, error) {
	jobs := scaled(poolJobs, scale, 1)
	if _, err := workThrough(divCeil(jobs, 10), &Stage{}); err != nil {
		return nil, err
	}
	stage.Expect(jobs)
	elapsed, err := workThrough(jobs, stage)
	return []Figure{nanosecondsPer("per-job", elapsed, jobs)}, err
}

func workThrough(count uint64, stage *Stage) (time.Duration, error) {
	jobs, results := make(chan uint64, poolBuffer), make(chan uint64, poolBuffer)
	result := make(chan Received, 1)
	clock := stage.Start()
	for range poolWorkers {
		go worker(jobs, results)
	}
	go func() {
		for job := range count {
			jobs <- job
		}
		close(jobs)
	}()
	go func() {
		tally := Tally{stage: stage}
		for range count {
			tally.Add(<-results)
		}
		result <- tally.Finish()
	}()
	received := <-result
	elapsed := time.Since(clock)
	return elapsed, received.Verify(count)
}

func worker(jobs <-chan uint64, results chan<- uint64) {
	for job := range jobs {
		results <- job
	}
}
