package clip

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"

	"discomfy/pkg/picture"
)

const maxScene = 64 << 20 // bytes of a model's description

// glbMetadata removes what stands beside the version in a binary glTF file's
// description, which is its first chunk (glTF 2.0, 4.4 and 3.2). Spaces fill
// the place.
func (f *file) glbMetadata() ([]picture.Edit, error) {
	head, err := f.bytes(0, 20)
	if err != nil {
		return nil, err
	}
	length := int64(binary.LittleEndian.Uint32(head[12:]))
	if string(head[16:20]) != "JSON" || length > maxScene {
		return nil, fmt.Errorf("%w: its description is missing or too long", ErrDamaged)
	}
	scene, err := f.bytes(20, length)
	if err != nil {
		return nil, err
	}
	plain, err := withoutExtras(scene)
	if err != nil || plain == nil {
		return nil, err
	}
	if len(plain) > len(scene) {
		return nil, fmt.Errorf("%w: its description grows when it is written anew", ErrDamaged)
	}
	plain = append(plain, bytes.Repeat([]byte{' '}, len(scene)-len(plain))...)
	return []picture.Edit{{At: 20, N: length, With: plain}}, nil
}

// withoutExtras is nil where there is nothing to remove. All values but the
// asset's keep their spelling.
func withoutExtras(scene []byte) ([]byte, error) {
	var members, asset map[string]json.RawMessage
	if err := json.Unmarshal(scene, &members); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	_, texts := members["extras"]
	if err := json.Unmarshal(members["asset"], &asset); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	if _, more := asset["extras"]; !more && !texts {
		return nil, nil
	}
	delete(asset, "extras")
	delete(members, "extras")
	var err error
	if members["asset"], err = spelled(asset); err != nil {
		return nil, err
	}
	return spelled(members)
}

func spelled(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}
