package comfy_test

import (
	"encoding/json"
	"math/rand/v2"
	"testing"
)

// graph is a workflow in API format.
type graph map[string]node

type node struct {
	Class  string         `json:"class_type"`
	Inputs map[string]any `json:"inputs"`
}

func (g graph) json(t *testing.T) []byte {
	t.Helper()
	data, err := json.Marshal(g)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func link(id string, output int) []any { return []any{id, output} }

// salt makes a graph new to a server that has a cache.
func salt() int { return rand.IntN(1 << 30) }

// work saves a picture after some steps.
func work(seconds float64, steps int) graph {
	s := salt()
	return graph{
		"1": {"EmptyImage", map[string]any{"width": 64, "height": 64, "batch_size": 1, "color": s % 0xFFFFFF}},
		"2": {"LabWork", map[string]any{"image": link("1", 0), "seconds": seconds, "steps": steps, "salt": s}},
		"3": {"SaveImage", map[string]any{"images": link("2", 0), "filename_prefix": "conformance/work"}},
	}
}

// pattern saves pictures at once.
func pattern(batch int) graph {
	return graph{
		"1": {"EmptyImage", map[string]any{"width": 64, "height": 64, "batch_size": batch, "color": salt() % 0xFFFFFF}},
		"2": {"SaveImage", map[string]any{"images": link("1", 0), "filename_prefix": "conformance/pattern"}},
	}
}

// fail ends in an exception ("error") or for want of memory ("oom").
func fail(kind string) graph {
	g := pattern(1)
	g["3"] = node{"LabFail", map[string]any{"image": link("1", 0), "kind": kind, "salt": salt()}}
	g["2"].Inputs["images"] = link("3", 0)
	return g
}

func video() graph {
	return graph{
		"1": {"EmptyImage", map[string]any{"width": 64, "height": 64, "batch_size": 8, "color": salt() % 0xFFFFFF}},
		"2": {"CreateVideo", map[string]any{"images": link("1", 0), "fps": 8.0}},
		"3": {"SaveVideo", map[string]any{
			"video": link("2", 0), "filename_prefix": "conformance/clip", "format": "mp4", "codec": "h264", "format.codec": "h264",
		}},
	}
}

func sampler(checkpoint string, steps int) graph {
	return graph{
		"4": {"CheckpointLoaderSimple", map[string]any{"ckpt_name": checkpoint}},
		"5": {"EmptyLatentImage", map[string]any{"width": 128, "height": 128, "batch_size": 1}},
		"6": {"CLIPTextEncode", map[string]any{"text": "a lighthouse at dawn", "clip": link("4", 1)}},
		"7": {"CLIPTextEncode", map[string]any{"text": "blurry", "clip": link("4", 1)}},
		"3": {"KSampler", map[string]any{
			"seed": salt(), "steps": steps, "cfg": 7.0, "sampler_name": "euler", "scheduler": "normal", "denoise": 1.0,
			"model": link("4", 0), "positive": link("6", 0), "negative": link("7", 0), "latent_image": link("5", 0),
		}},
		"8": {"VAEDecode", map[string]any{"samples": link("3", 0), "vae": link("4", 2)}},
		"9": {"SaveImage", map[string]any{"images": link("8", 0), "filename_prefix": "conformance/sampler"}},
	}
}
