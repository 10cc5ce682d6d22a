// The cases of the lab, in Go: the bar that goish is held against.
//
// The lab starts this program as it starts its own child: `goish-go child --case=… --param=…
// --workers=N --scale=N --deadline-ms=N [--memory-bytes=N]` takes one sample, prints one line, the
// JSON of an answer, and exits with 0. `goish-go version` prints what Go it was built with.
//
// Each case stands in a file of its own, and mirrors the file of the same name in
// benches/src/workloads (or its `surface`) or, for the cases of goroutine runtimes, in benches/field/src/cases: the
// same counts, warm-up and messages, the same part timed, and the same check of what was delivered.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"
)

// Figure is one measured quantity of the sample.
type Figure struct {
	Metric string  `json:"metric"`
	Unit   string  `json:"unit"`
	Value  float64 `json:"value"`
}

// Answer is how the sample ended. What belongs to another status is left out.
type Answer struct {
	Status    string   `json:"status"`
	Figures   []Figure `json:"figures,omitempty"`
	Reason    string   `json:"reason,omitempty"`
	Delivered *uint64  `json:"delivered,omitempty"`
	Expected  *uint64  `json:"expected,omitempty"`
	Note      string   `json:"note,omitempty"`
}

// Workload takes one sample on a stage.
type Workload func(scale uint64, stage *Stage) ([]Figure, error)

func main() {
	command := ""
	if len(os.Args) > 1 {
		command = os.Args[1]
	}
	switch command {
	case "version":
		fmt.Println("go " + strings.TrimPrefix(runtime.Version(), "go"))
	case "child":
		child(os.Args[2:])
	default:
		fmt.Fprintln(os.Stderr, "usage: goish-go version | goish-go child --case=NAME …; `cargo lab run --field` starts it")
		os.Exit(2)
	}
}

func child(arguments []string) {
	flags := flag.NewFlagSet("child", flag.ExitOnError)
	name := flags.String("case", "", "the case's name")
	param := flags.String("param", "", "the case's parameter")
	_ = flags.String("mode", "", "not used: Go has one mode")
	_ = flags.String("engine", "", "not used: Go has one kind of channel")
	workers := flags.Int("workers", runtime.NumCPU(), "GOMAXPROCS")
	scale := flags.Uint64("scale", 1, "what every count is divided by")
	deadline := flags.Int64("deadline-ms", 60_000, "milliseconds for the preparation, and as many for the timed part")
	memory := flags.Uint64("memory-bytes", 0, "address space that the process may take")
	_ = flags.Parse(arguments)

	limit(*memory)
	runtime.GOMAXPROCS(*workers)
	printAnswer(take(*name, *param, *scale, time.Duration(*deadline)*time.Millisecond))
}

// take runs the workload in a goroutine of its own and watches its deadline from this one.
func take(name, param string, scale uint64, deadline time.Duration) Answer {
	if reason := refusal(name); reason != "" {
		return Answer{Status: "refused", Reason: reason}
	}
	workload, note, err := find(name, param)
	if err != nil {
		return Answer{Status: "error", Reason: err.Error()}
	}
	stage := &Stage{}
	result := make(chan Answer, 1)
	begun := time.Now()
	go func() {
		figures, err := workload(max(scale, 1), stage)
		if err != nil {
			result <- Answer{Status: "error", Reason: err.Error()}
		} else {
			result <- Answer{Status: "ok", Figures: figures}
		}
	}()
	answer := watch(result, begun, deadline, stage)
	answer.Note = note
	return answer
}

// watch waits until the deadline, which holds for the preparation and then, from the start of the
// clock, once more for the timed part.
func watch(result <-chan Answer, begun time.Time, deadline time.Duration, stage *Stage) Answer {
	for {
		started, timed := stage.Started()
		from := begun
		if timed {
			from = started
		}
		select {
		case answer := <-result:
			return answer
		case <-time.After(deadline - time.Since(from)):
		}
		if _, now := stage.Started(); now && !timed {
			continue
		}
		return stage.unfinished(deadline, timed)
	}
}

func printAnswer(answer Answer) {
	line, err := json.Marshal(answer)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(string(line))
}

// refusal says why Go has no such case, if it has none.
func refusal(name string) string {
	switch name {
	case "prod-cons-unbounded":
		return "Go has no unbounded channel"
	case "cancel":
		return "Go cannot drop a receive that waits: a goroutine leaves a channel by its operation or by a select"
	}
	return ""
}

// find gives the workload of a case, and what a reader must know to compare it.
func find(name, param string) (Workload, string, error) {
	unknown := fmt.Errorf("there is no case `%s` with the parameter `%s` in Go", name, param)
	number := func(key string) (uint64, error) {
		var value uint64
		if _, err := fmt.Sscanf(param, key+"=%d", &value); err != nil {
			return 0, unknown
		}
		return value, nil
	}
	switch name {
	case "ping-pong":
		return pingPong, "", nil
	case "prod-cons-1":
		return prodCons(1), "", nil
	case "prod-cons-1024":
		return prodCons(1024), "", nil
	case "contended-16":
		capacity, err := number("capacity")
		return contended(capacity), "", err
	case "rss-100k":
		capacity, err := number("capacity")
		return rss(capacity), heapNote, err
	case "spawn-1m":
		return spawn, "", nil
	case "parked-1m":
		return parked(million), heapNote, nil
	case "fan-in":
		senders, err := number("n")
		return fanIn(senders), "", err
	case "spawn-join":
		goroutines, err := number("n")
		return spawnJoin(goroutines), "", err
	case "parked":
		goroutines, err := number("n")
		return parked(goroutines), heapNote, err
	case "switch":
		return switches, "", nil
	case "producers":
		producers, err := number("n")
		return fromProducers(producers), "", err
	case "select-2":
		return selectTwo, "", nil
	case "select-8":
		return selectEight, "", nil
	case "select-default":
		arms, err := number("arms")
		return selectDefault(arms), "", err
	case "mutex-contended":
		return mutexContended, "", nil
	case "rw-mutex-read-mostly":
		return rwMutexReadMostly, "", nil
	case "wait-group":
		return waitGroup, "", nil
	case "timer-1m":
		return timer, "", nil
	case "sleep-100k":
		return sleep, "", nil
	case "gosched":
		return gosched, "", nil
	case "plain-ping-pong":
		return plainPingPong, "", nil
	case "plain-parked":
		links, err := number("n")
		return plainParked(links), "", err
	case "unfair-waker":
		return unfairWaker, "", nil
	case "hogs":
		return hogs, "", nil
	case "syscalls":
		return syscalls, "", nil
	case "pool-8":
		return pool, "", nil
	case "tcp-echo":
		connections, err := number("connections")
		return tcpEcho(connections), "", err
	case "idle-cpu":
		return idleCPU, "", nil
	}
	return nil, "", unknown
}
