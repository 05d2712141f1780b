package comfy

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
)

// SystemStats is what a server says of itself.
type SystemStats struct {
	Version           Version
	RAMTotal, RAMFree int64 // bytes
	Devices           []Device
}

// Device is what a server computes on.
type Device struct {
	Name                string // e.g. "cuda:0 NVIDIA GeForce RTX 4090 : cudaMallocAsync"
	Type                string // e.g. cuda, cpu, mps
	VRAMTotal, VRAMFree int64  // bytes
}

// SystemStats asks for the version and the devices: the health probe.
func (c *Client) SystemStats(ctx context.Context) (SystemStats, error) {
	var answer systemStats
	if err := c.get(ctx, "read system stats", c.address.at(nil, "system_stats"), &answer); err != nil {
		return SystemStats{}, err
	}
	return answer.parse(), nil
}

type systemStats struct {
	System struct {
		Version  looseString `json:"comfyui_version"`
		RAMTotal looseNumber `json:"ram_total"`
		RAMFree  looseNumber `json:"ram_free"`
	} `json:"system"`
	Devices []struct {
		Name      looseString `json:"name"`
		Type      looseString `json:"type"`
		VRAMTotal looseNumber `json:"vram_total"`
		VRAMFree  looseNumber `json:"vram_free"`
	} `json:"devices"`
}

func (a systemStats) parse() SystemStats {
	stats := SystemStats{
		Version:  ParseVersion(string(a.System.Version)),
		RAMTotal: a.System.RAMTotal.whole(),
		RAMFree:  a.System.RAMFree.whole(),
	}
	for _, d := range a.Devices {
		stats.Devices = append(stats.Devices, Device{
			Name: string(d.Name), Type: string(d.Type),
			VRAMTotal: d.VRAMTotal.whole(), VRAMFree: d.VRAMFree.whole(),
		})
	}
	return stats
}

// Free asks the server to unload its models and free memory, before its next
// prompt: what helps after running out of it.
func (c *Client) Free(ctx context.Context) error {
	return c.post(ctx, "free memory", c.address.at(nil, "free"), map[string]bool{"unload_models": true, "free_memory": true})
}

// Models lists the model files in a folder such as checkpoints or loras.
// ErrNotFound where the server has no such folder.
func (c *Client) Models(ctx context.Context, folder string) ([]string, error) {
	var names []string
	err := c.get(ctx, "list models", c.address.at(nil, "models", folder), &names)
	return names, err
}

// ObjectInfo gives every node class of the server, as JSON: hundreds of kilobytes
// with core nodes alone, many megabytes with custom ones. NaN and infinities
// are null in it. The caller closes it.
func (c *Client) ObjectInfo(ctx context.Context) (io.ReadCloser, error) {
	return c.objectInfo(ctx, c.address.at(nil, "object_info"))
}

// ObjectInfoClass gives one node class in the form of ObjectInfo: {} where the
// server does not know it.
func (c *Client) ObjectInfoClass(ctx context.Context, class string) (io.ReadCloser, error) {
	return c.objectInfo(ctx, c.address.at(nil, "object_info", class))
}

func (c *Client) objectInfo(ctx context.Context, url string) (io.ReadCloser, error) {
	k := call{operation: "read object info", method: http.MethodGet, url: url}
	resp, err := c.stream(ctx, k)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		return nil, c.refusal(resp, k.operation)
	}
	bounded := &boundedReader{in: resp.Body, left: c.maxBody}
	return struct {
		io.Reader
		io.Closer
	}{newFinite(bounded), resp.Body}, nil
}

// refusal reads and closes an answer that is no success.
func (c *Client) refusal(resp *http.Response, operation string) error {
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 4096))
	if err != nil {
		body = nil // the status says enough
	}
	return answer{status: resp.StatusCode, body: body}.failure(operation)
}

// boundedReader fails with ErrTooLarge where io.LimitReader would pretend an end.
type boundedReader struct {
	in   io.Reader
	left int64
}

func (r *boundedReader) Read(p []byte) (int, error) {
	if int64(len(p)) > r.left+1 {
		p = p[:r.left+1]
	}
	n, err := r.in.Read(p)
	if int64(n) > r.left {
		n, err = int(r.left), fmt.Errorf("%w: the answer is longer than its bound", ErrTooLarge)
	}
	r.left -= int64(n)
	return n, err
}

// hasFeatureFlags tells whether the server is new enough to answer a
// feature_flags message: those that are have a route that lists the same.
func (c *Client) hasFeatureFlags(ctx context.Context) (bool, error) {
	_, err := c.short(ctx, call{operation: "read features", method: http.MethodGet, url: c.address.at(url.Values{}, "features")})
	if status, ok := asStatus(err); ok && status == http.StatusNotFound {
		return false, nil
	}
	return err == nil, err
}
