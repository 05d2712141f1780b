package main

import (
	"cmp"
	"fmt"
	"net"
	"strconv"
	"time"
)

// What flags may be set to.
const (
	maxInFlight = 100
	mostJobs    = 1_000_000
	minTimeout  = time.Second
	maxTimeout  = 7 * 24 * time.Hour
	minLease    = time.Second // servers count a lease in whole seconds
	maxLease    = time.Hour
)

// between refuses a flag's value that is out of its range.
func between[T cmp.Ordered](flag string, value, least, most T) error {
	if value < least || value > most {
		return outOfRange(flag, value, "", least, most)
	}
	return nil
}

// outOfRange tells what is allowed instead; unit may be "".
func outOfRange(flag string, value any, unit string, least, most any) error {
	if unit != "" {
		unit += " from "
	}
	return usageError{fmt.Errorf("%s %v: allowed is %s%v to %v", flag, value, unit, least, most)}
}

// checkListen refuses an address that nobody can listen at.
func checkListen(addr string) error {
	_, port, err := net.SplitHostPort(addr)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil {
		return usageError{fmt.Errorf("--listen %q: want an address such as 127.0.0.1:4222, or :4222 for all of this machine's", addr)}
	}
	return nil
}
