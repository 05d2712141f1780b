package loopback

import (
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
)

// The ports below those that systems give to clients and to servers that ask for
// any (Linux from 32768, others from 49152): nobody gets one by chance while its
// server is not there.
const (
	lowest  = 15_000
	beyond  = 32_000
	patient = 100
)

// Free is an address of 127.0.0.1 at which nobody listens.
func Free() (string, error) {
	var failed error
	for range patient {
		addr := net.JoinHostPort("127.0.0.1", strconv.Itoa(lowest+rand.IntN(beyond-lowest)))
		l, err := net.Listen("tcp", addr)
		if err != nil {
			failed = err
			continue
		}
		return addr, l.Close()
	}
	return "", fmt.Errorf("no port is free: %w", failed)
}
