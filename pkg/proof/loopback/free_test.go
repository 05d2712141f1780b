package loopback_test

import (
	"net"
	"strconv"
	"testing"

	"discomfy/pkg/proof/loopback"
)

func TestAFreeAddressIsNobodysByChance(t *testing.T) {
	t.Parallel()
	addr, err := loopback.Free()
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := strconv.Atoi(port); err != nil || host != "127.0.0.1" || n >= 32768 {
		t.Errorf("%s is an address that a client may get", addr)
	}
}

func TestAddressesDiffer(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 20 {
		addr, err := loopback.Free()
		if err != nil {
			t.Fatal(err)
		}
		l, err := net.Listen("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		if seen[addr] {
			t.Errorf("%s was given although somebody listens there", addr)
		}
		seen[addr] = true
	}
}
