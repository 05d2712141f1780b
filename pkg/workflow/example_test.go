package workflow_test

import (
	"fmt"
	"os"

	"discomfy/pkg/workflow"
	"discomfy/workflows"
)

func ExampleLoad() {
	set, problems := workflow.Load(workflows.FS)
	for _, w := range set.All() {
		fmt.Printf("%s (%s): %d parameters\n", w.Manifest.Name, w.Manifest.Kind, len(w.Manifest.Parameters))
	}
	fmt.Println(len(problems), "problems")
	// Output:
	// test-animate (video): 6 parameters
	// test-edit (edit): 4 parameters
	// test-inpaint (edit): 5 parameters
	// test-pattern (image): 7 parameters
	// test-upscale (upscale): 3 parameters
	// test-video (video): 5 parameters
	// txt2img (image): 13 parameters
	// 0 problems
}

// A server that has been seen once is enough to say what may be asked for.
func ExampleCatalog_Resolve() {
	set, _ := workflow.Load(workflows.FS)
	info, err := os.Open("../comfy/testdata/recordings/0.33.0/object_info.json")
	if err != nil {
		panic(err)
	}
	defer info.Close()
	nodes, err := workflow.ParseNodes(info)
	if err != nil {
		panic(err)
	}
	catalog := set.Catalog(nodes)

	_, err = catalog.Resolve("txt2img", map[string]string{"prompt": "a lighthouse", "width": "513"})
	fmt.Println(err)
	_, err = catalog.Resolve("txt2img", map[string]string{"prompt": "a lighthouse", "sampler": "eulr"})
	fmt.Println(err)
	params, err := catalog.Resolve("txt2img", map[string]string{"prompt": "a lighthouse", "lora": "tiny_lora", "seed": "0"})
	fmt.Println(params["lora"], params["seed"], params["width"], err)
	// Output:
	// invalid request (width): 513 does not fit the steps of 8: the nearest are 512 and 520
	// missing on the server (sampler): there is no "eulr" on the server; did you mean "euler"?
	// tiny_lora.safetensors 0 512 <nil>
}

func ExampleWorkflow_Bind() {
	set, _ := workflow.Load(workflows.FS)
	w, _ := set.Get("test-upscale")
	params, err := set.Catalog(nil).Resolve("test-upscale", map[string]string{"factor": "4", "method": "area"})
	if err != nil {
		panic(err)
	}
	bound, err := w.Bind(workflow.BindConfig{
		Params: params,
		Files:  map[string]string{"image": "discomfy/cat.png"},
		Prefix: "discomfy/0198",
	})
	if err != nil {
		panic(err)
	}
	for _, n := range bound.Nodes {
		fmt.Println(n.ID, n.Title)
	}
	fmt.Println("results of", bound.Outputs)
	// Output:
	// 1 Load the picture
	// 2 Scale up
	// 3 Save
	// results of [3]
}
