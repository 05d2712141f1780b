package broker

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"
)

func TestChunksFitIntoMessages(t *testing.T) {
	t.Parallel()
	for payload, want := range map[int64]int{
		0: 16 << 10, 32 << 10: 16 << 10, 1 << 20: 1008 << 10, 4 << 20: largestChunk, 64 << 20: largestChunk,
	} {
		if got := chunkSize(payload); got != want {
			t.Errorf("where a message holds %d bytes a chunk has %d, want %d", payload, got, want)
		}
	}
}

func TestFilesAreCutIntoFullChunks(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		data := rapid.SliceOfN(rapid.Byte(), 0, 500).Draw(t, "data")
		most := rapid.IntRange(1, 200).Draw(t, "chunk")
		var r io.Reader = bytes.NewReader(data)
		if rapid.Bool().Draw(t, "drips") {
			r = iotest.OneByteReader(r)
		}
		if rapid.Bool().Draw(t, "ends with its last bytes") {
			r = iotest.DataErrReader(r)
		}
		hashing := newHashing()
		defer hashing.stop()
		var whole []byte
		var buffers [2][]byte
		for i := 0; ; i = 1 - i {
			piece, err := fill(buffers[i], most, r)
			buffers[i] = piece
			if len(piece) != most && err == nil || len(piece) > most {
				t.Fatalf("a chunk of %d bytes, want %d", len(piece), most)
			}
			whole = append(whole, piece...)
			hashing.add(piece)
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if want := sha256.Sum256(data); !bytes.Equal(whole, data) || !bytes.Equal(hashing.sum(), want[:]) {
			t.Fatal("the pieces are not the file, or have another digest")
		}
	})
}
