package comfy_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"sync"

	"discomfy/pkg/comfy"
	"discomfy/pkg/comfy/comfysim"
)

// One socket for all prompts; events name theirs.
func Example() {
	fake, err := comfysim.New(comfysim.Config{Speed: 100})
	if err != nil {
		fmt.Println(err)
		return
	}
	var tasks sync.WaitGroup
	defer tasks.Wait()
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	tasks.Go(func() { _ = fake.Run(ctx) })
	server := httptest.NewServer(fake)
	defer server.Close()

	client, err := comfy.New(comfy.Config{URL: server.URL})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.CloseIdle()
	events := make(chan comfy.Event, 100)
	conn := client.Conn(comfy.ConnConfig{
		ClientID: "example",
		Sink:     func(_ uint64, e comfy.Event) { events <- e },
	})
	tasks.Go(func() { _ = conn.Run(ctx) })

	for e := range events {
		switch e := e.(type) {
		case comfy.Connected:
			heard := conn.Expect()
			_, err := client.Submit(ctx, comfy.Prompt{ClientID: "example", ID: "6f0d3a52-5d5b-4c8e-9f0a-1c2d3e4f5a6b", Graph: []byte(`{
				"1": {"class_type": "EmptyImage", "inputs": {"width": 64, "height": 64, "batch_size": 1, "color": 255}},
				"2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "blue"}}}`)})
			if err != nil {
				fmt.Println(err)
				return
			}
			heard()
		case comfy.Executed:
			fmt.Println(e.Outputs[0].File.Name)
		case comfy.Succeeded:
			fmt.Println(e.Prompt, "succeeded")
		case comfy.Executing:
			if e.Node == "" {
				return // it has ended, and is in the history
			}
		}
	}
	// Output:
	// blue_00001_.png
	// 6f0d3a52-5d5b-4c8e-9f0a-1c2d3e4f5a6b succeeded
}
