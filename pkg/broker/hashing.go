package broker

import "crypto/sha256"

// digestPrefix is how an object store's entry says that its digest is a
// SHA-256, in URL-safe base64 (ADR-20).
const digestPrefix = "SHA-256="

// hashing computes the SHA-256 of a file's pieces in a goroutine of its own,
// beside the reading and the writing, and one piece behind at the most: add
// returns when all pieces but the last one have been hashed and may be changed.
type hashing struct {
	pieces chan []byte
	result chan []byte
}

// newHashing begins. It goes on until sum or stop is called.
func newHashing() *hashing {
	pieces, result := make(chan []byte), make(chan []byte, 1)
	go func() {
		hash := sha256.New()
		for piece := range pieces {
			hash.Write(piece)
		}
		result <- hash.Sum(nil)
	}()
	return &hashing{pieces, result}
}

func (h *hashing) add(piece []byte) { h.pieces <- piece }

// sum ends the hashing and returns the digest.
func (h *hashing) sum() []byte {
	h.stop()
	return <-h.result
}

// stop ends the hashing; once is enough.
func (h *hashing) stop() {
	if h.pieces != nil {
		close(h.pieces)
		h.pieces = nil
	}
}
