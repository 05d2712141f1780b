// Package workflows holds the workflows that come with discomfy: ComfyUI graphs
// in API format, each with the manifest that says what may be ordered.
//
// The ones named test-… need nothing but ComfyUI's core nodes, no model. They
// are embedded, so that the program needs no files beside it.
package workflows

import "embed"

// FS holds the manifests and graphs, for workflow.Load.
//
//go:embed *.yaml *.json
var FS embed.FS
