package main

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"time"
)

const (
	questionBytes  = 64
	requestsOfOne  = 10_000
	requestsOfMany = 50_000
)

// tcpEcho: goroutines that ask, and goroutines that answer the same, over TCP on loopback within this
// process. Timed: from before the first question until the last answer, all connections being open.
func tcpEcho(connections uint64) Workload {
	return func(scale uint64, stage *Stage) ([]Figure, error) {
		requests := scaled(requestsOfMany, scale, 1)
		if connections == 1 {
			requests = scaled(requestsOfOne, scale, 1)
		}
		connections := scaled(connections, scale, 1)
		each := divCeil(requests, connections)
		stage.Expect(connections * each)
		elapsed, err := ask(connections, each, stage)
		if err != nil {
			return nil, err
		}
		requests = connections * each
		return []Figure{
			nanosecondsPer("per-request", elapsed, requests),
			{"requests-per-second", "per second", float64(requests) / elapsed.Seconds()},
		}, nil
	}
}

func ask(connections, each uint64, stage *Stage) (time.Duration, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go answerQuestions(connection)
		}
	}()
	streams := make([]net.Conn, connections)
	for place := range streams {
		if streams[place], err = net.Dial("tcp", listener.Addr().String()); err != nil {
			return 0, err
		}
		// The warm-up, and the other end is surely there.
		if err := question(streams[place], 0); err != nil {
			return 0, err
		}
	}
	answered := make(chan uint64, connections)
	clock := stage.Start()
	for _, stream := range streams {
		go func() {
			count := uint64(0)
			for number := range each {
				if question(stream, number) != nil {
					break
				}
				count++
			}
			stage.Advance(count)
			answered <- count
		}()
	}
	total := uint64(0)
	for range connections {
		total += <-answered
	}
	elapsed := time.Since(clock)
	return elapsed, verify(total, connections*each)
}

func answerQuestions(connection net.Conn) {
	var question [questionBytes]byte
	for {
		if _, err := io.ReadFull(connection, question[:]); err != nil {
			return
		}
		if _, err := connection.Write(question[:]); err != nil {
			return
		}
	}
}

// question asks, and holds the answer against the question.
func question(stream net.Conn, number uint64) error {
	var asked, answered [questionBytes]byte
	binary.LittleEndian.PutUint64(asked[:], number)
	if _, err := stream.Write(asked[:]); err != nil {
		return err
	}
	if _, err := io.ReadFull(stream, answered[:]); err != nil {
		return err
	}
	if asked != answered {
		return errors.New("the answer is not the question")
	}
	return nil
}
