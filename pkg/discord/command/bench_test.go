package command_test

import (
	"testing"

	"discomfy/pkg/discord/command"
)

func BenchmarkSuggestAmong5000(b *testing.B) {
	m := manyLoras(5000)
	for name, text := range map[string]string{"all": "", "some": "43", "words": "style 43", "none": "zebra"} {
		b.Run(name, func(b *testing.B) {
			i := typing(b, command.Generate, focus("lora", text))
			for b.Loop() {
				m.Suggest(i, nil)
			}
		})
	}
}

func BenchmarkParse(b *testing.B) {
	i := typed(b, command.Generate, str("prompt", "a red fox"), str("lora", "style_0042.safetensors"), whole("steps", 20), str("more", "sampler=euler"))
	m := manyLoras(5000)
	for b.Loop() {
		if a, err := m.Parse(i); err != nil {
			b.Fatal(err)
		} else if _, err = m.Resolve(a); err != nil {
			b.Fatal(err)
		}
	}
}
