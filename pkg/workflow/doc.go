// Package workflow turns a ComfyUI graph and the manifest beside it into
// something people can order: it says which parameters there are and what they
// may be, checks them, and binds them into a copy of the graph.
//
// It owns the manifest format, the parsed /object_info of a server (Nodes),
// the Catalog by which an ingress offers and validates workflows without a
// server at hand, and binding. It never talks to ComfyUI or NATS: bytes come
// in, values and bytes go out.
//
// The way of a workflow: Load reads a folder into a Set; Workflow.Check says
// what is wrong with one, alone or against a server's Nodes; Set.Catalog is
// what an ingress sees; Catalog.Resolve makes the complete parameters of a
// request from what a person typed; Workflow.Bind makes the graph to submit.
//
// All values are immutable once made and safe for concurrent use. Nothing here
// starts a goroutine, so there is nothing to stop.
package workflow
