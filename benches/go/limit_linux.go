package main

import "syscall"

// limit keeps the sample from harming the machine, and from outliving the lab. Neither is needed to
// measure, so neither has to succeed.
func limit(memory uint64) {
	_, _, _ = syscall.Syscall(syscall.SYS_PRCTL, syscall.PR_SET_PDEATHSIG, uintptr(syscall.SIGKILL), 0)
	if memory > 0 {
		_ = syscall.Setrlimit(syscall.RLIMIT_AS, &syscall.Rlimit{Cur: memory, Max: memory})
	}
}
