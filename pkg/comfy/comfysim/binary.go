package comfysim

import (
	"encoding/binary"
	"fmt"
)

// Binary frames, big-endian: uint32 event type, then the payload (reference: the sampler recordings).
const (
	eventPreview         = 1 // uint32 format, image
	eventPreviewMetadata = 4 // uint32 n, n bytes of JSON, image
	formatJPEG           = 1
)

func plainPreview(jpeg []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, eventPreview)
	b = binary.BigEndian.AppendUint32(b, formatJPEG)
	return append(b, jpeg...)
}

func previewWithMetadata(node, prompt string, jpeg []byte) []byte {
	// Spaced as Python's json writes it.
	meta := fmt.Sprintf(`{"node_id": %[1]s, "prompt_id": %[2]s, "display_node_id": %[1]s, "parent_node_id": null, "real_node_id": %[1]s, "image_type": "image/jpeg"}`,
		encode(node), encode(prompt))
	b := binary.BigEndian.AppendUint32(nil, eventPreviewMetadata)
	b = binary.BigEndian.AppendUint32(b, uint32(len(meta)))
	b = append(b, meta...)
	return append(b, jpeg...)
}
