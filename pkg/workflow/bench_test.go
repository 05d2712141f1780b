package workflow_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"discomfy/pkg/workflow"
)

// BenchmarkBind binds against a server with 10,000 LoRAs and reports how much
// longer that takes than encoding the same graph alone.
func BenchmarkBind(b *testing.B) {
	many := make([]string, 10_000)
	for i := range many {
		many[i] = fmt.Sprintf("lora-%05d.safetensors", i)
	}
	server := loras(b, recorded(b, newest), many...)
	set := shipped(b)
	w := get(b, set, "txt2img")
	params, err := set.Catalog(server).Resolve("txt2img", raw("prompt", "x", "lora", many[9_999]))
	if err != nil {
		b.Fatal(err)
	}
	start := time.Now()
	const encodings = 200
	for range encodings {
		if _, err := json.Marshal(w.Graph); err != nil {
			b.Fatal(err)
		}
	}
	bare := time.Since(start) / encodings
	for b.Loop() {
		if _, err := w.Bind(workflow.BindConfig{Params: params, Nodes: server}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(bare.Nanoseconds()), "encodings/op")
}
