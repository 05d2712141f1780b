package comfy

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// Binary frames begin with a big-endian type; 2 is internal to the server.
const (
	binaryPreview         = 1 // uint32 format, picture
	binaryText            = 3 // uint32 n, node id of n bytes, text
	binaryPreviewMetadata = 4 // uint32 n, JSON of n bytes, picture
)

// DecodeBinary parses a binary frame: a Preview, or Other for what is not one.
// The preview's picture is a copy, so that the frame may be used again.
func DecodeBinary(frame []byte) (Event, error) {
	kind, rest, err := cutUint32(frame)
	if err != nil {
		return nil, err
	}
	switch kind {
	case binaryPreview:
		return plainPreview(rest)
	case binaryPreviewMetadata:
		return preview(rest)
	case binaryText:
		return Other{Type: "text"}, nil
	}
	return Other{Type: fmt.Sprintf("binary %d", kind)}, nil
}

func plainPreview(data []byte) (Event, error) {
	format, picture, err := cutUint32(data)
	if err != nil {
		return nil, err
	}
	switch format {
	case 1:
		return Preview{Type: "image/jpeg", Data: bytes.Clone(picture)}, nil
	case 2:
		return Preview{Type: "image/png", Data: bytes.Clone(picture)}, nil
	}
	return nil, fmt.Errorf("preview: %w: picture format %d", ErrMalformed, format)
}

func preview(data []byte) (Event, error) {
	size, rest, err := cutUint32(data)
	if err != nil {
		return nil, err
	}
	if uint64(size) > uint64(len(rest)) {
		return nil, fmt.Errorf("preview: %w: metadata of %d bytes in %d", ErrMalformed, size, len(rest))
	}
	var meta struct {
		Prompt  *PromptID   `json:"prompt_id"`
		Node    looseString `json:"node_id"`
		Display looseString `json:"display_node_id"`
		Type    string      `json:"image_type"`
	}
	if err := decode(rest[:size], &meta); err != nil {
		return nil, fmt.Errorf("preview: %w", err)
	}
	if meta.Type != "image/jpeg" && meta.Type != "image/png" {
		return nil, fmt.Errorf("preview: %w: a picture of type %q", ErrMalformed, meta.Type)
	}
	p := Preview{Node: string(meta.Node), Display: string(meta.Display), Type: meta.Type, Data: bytes.Clone(rest[size:])}
	if meta.Prompt != nil {
		p.Prompt = *meta.Prompt
	}
	return p, nil
}

func cutUint32(data []byte) (uint32, []byte, error) {
	if len(data) < 4 {
		return 0, nil, fmt.Errorf("%w: a binary frame of %d bytes", ErrMalformed, len(data))
	}
	return binary.BigEndian.Uint32(data), data[4:], nil
}
