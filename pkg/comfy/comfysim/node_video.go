package comfysim

import (
	"context"
	_ "embed"
)

// clip is one second of H.264 that the fake answers as any video: a bar that moves over a pattern. Made from frames
// of this package's own painting with Debian's ffmpeg; pure Go has no encoder.
//
//go:embed data/clip.mp4
var clip []byte

// video is a VIDEO: its frames are kept, though the file saved is always the clip.
type video struct {
	frames pictures
	fps    float64
}

func createVideo(_ context.Context, c *call) (*result, error) {
	p, err := c.pictures("images")
	if err != nil {
		return nil, err
	}
	return outputs(video{p, c.float("fps")})
}

func saveVideo(_ context.Context, c *call) (*result, error) {
	v, ok := c.inputs.get("video").(video)
	if !ok {
		return nil, &nodeError{kind: "AttributeError", message: "'NoneType' object has no attribute 'get_dimensions'"}
	}
	list, err := c.run.p.server.disk.save("output", c.prefix(v.frames), "mp4", [][]byte{clip})
	if err != nil {
		return nil, err
	}
	return &result{ui: obj("images", savedList(list), "animated", []any{true})}, nil
}
