package comfysim_test

import (
	"bytes"
	"encoding/json"
	"image"
	"image/color"
	"image/png"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"discomfy/pkg/comfy/comfysim"
	"discomfy/pkg/comfy/comfysim/comfysimtest"
)

func replaceID(path, id string) string { return strings.ReplaceAll(path, "{id}", id) }

// sent is a picture of 40x20 whose left half is red and whose right half is clear green.
func sent(t *testing.T) []byte {
	t.Helper()
	img := image.NewNRGBA(image.Rect(0, 0, 40, 20))
	for y := range 20 {
		for x := range 40 {
			img.SetNRGBA(x, y, color.NRGBA{255, 0, 0, 255})
			if x >= 20 {
				img.SetNRGBA(x, y, color.NRGBA{0, 255, 0, 0})
			}
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func (c client) uploadPicture(name string, data []byte) {
	c.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, _ := form.CreateFormFile("image", name)
	_, _ = part.Write(data)
	_ = form.Close()
	if status, answer := c.raw("POST", "/upload/image", form.FormDataContentType(), body.Bytes()); status != http.StatusOK {
		c.t.Fatalf("upload: %d %s", status, answer)
	}
}

// graphs are image workflows by what they do, each with node "9" as its output.
var graphs = map[string]struct {
	graph         string
	width, height int
	left, right   color.RGBA // in the middle of either half
}{
	"invert": {
		`{"1":{"class_type":"LoadImage","inputs":{"image":"in.png"}},
		"2":{"class_type":"ImageInvert","inputs":{"image":["1",0]}},
		"9":{"class_type":"SaveImage","inputs":{"images":["2",0],"filename_prefix":"g"}}}`,
		40, 20, color.RGBA{0, 255, 255, 255}, color.RGBA{255, 0, 255, 255}},
	"mask of the alpha": {
		`{"1":{"class_type":"LoadImage","inputs":{"image":"in.png"}},
		"2":{"class_type":"MaskToImage","inputs":{"mask":["1",1]}},
		"9":{"class_type":"SaveImage","inputs":{"images":["2",0],"filename_prefix":"g"}}}`,
		40, 20, color.RGBA{0, 0, 0, 255}, color.RGBA{255, 255, 255, 255}},
	"blend": {
		`{"1":{"class_type":"LoadImage","inputs":{"image":"in.png"}},
		"2":{"class_type":"EmptyImage","inputs":{"width":8,"height":8,"batch_size":1,"color":16777215}},
		"3":{"class_type":"ImageBlend","inputs":{"image1":["1",0],"image2":["2",0],"blend_factor":1,"blend_mode":"difference"}},
		"9":{"class_type":"SaveImage","inputs":{"images":["3",0],"filename_prefix":"g"}}}`,
		40, 20, color.RGBA{0, 0, 0, 255}, color.RGBA{0, 0, 0, 255}},
	"composite under a mask": {
		`{"1":{"class_type":"LoadImage","inputs":{"image":"in.png"}},
		"2":{"class_type":"EmptyImage","inputs":{"width":40,"height":20,"batch_size":1,"color":255}},
		"3":{"class_type":"ImageCompositeMasked","inputs":{"destination":["1",0],"source":["2",0],"x":0,"y":0,"resize_source":false,"mask":["1",1]}},
		"9":{"class_type":"SaveImage","inputs":{"images":["3",0],"filename_prefix":"g"}}}`,
		40, 20, color.RGBA{255, 0, 0, 255}, color.RGBA{0, 0, 255, 255}},
	"scale by": {
		`{"1":{"class_type":"LoadImage","inputs":{"image":"in.png"}},
		"2":{"class_type":"ImageScaleBy","inputs":{"image":["1",0],"upscale_method":"nearest-exact","scale_by":2.5}},
		"9":{"class_type":"SaveImage","inputs":{"images":["2",0],"filename_prefix":"g"}}}`,
		100, 50, color.RGBA{255, 0, 0, 255}, color.RGBA{0, 255, 0, 255}},
	"scale keeping the proportions": {
		`{"1":{"class_type":"LoadImage","inputs":{"image":"in.png"}},
		"2":{"class_type":"ImageScale","inputs":{"image":["1",0],"upscale_method":"area","width":80,"height":0,"crop":"disabled"}},
		"9":{"class_type":"SaveImage","inputs":{"images":["2",0],"filename_prefix":"g"}}}`,
		80, 40, color.RGBA{255, 0, 0, 255}, color.RGBA{0, 255, 0, 255}},
	"flip and crop": {
		`{"1":{"class_type":"LoadImage","inputs":{"image":"in.png"}},
		"2":{"class_type":"ImageFlip","inputs":{"image":["1",0],"flip_method":"y-axis: horizontally"}},
		"3":{"class_type":"ImageCrop","inputs":{"image":["2",0],"x":10,"y":0,"width":20,"height":10}},
		"9":{"class_type":"SaveImage","inputs":{"images":["3",0],"filename_prefix":"g"}}}`,
		20, 10, color.RGBA{0, 255, 0, 255}, color.RGBA{255, 0, 0, 255}},
	"out of a batch": {
		`{"1":{"class_type":"LoadImage","inputs":{"image":"in.png"}},
		"2":{"class_type":"EmptyImage","inputs":{"width":40,"height":20,"batch_size":1,"color":255}},
		"3":{"class_type":"ImageBatch","inputs":{"image1":["1",0],"image2":["2",0]}},
		"4":{"class_type":"RepeatImageBatch","inputs":{"image":["3",0],"amount":2}},
		"5":{"class_type":"ImageFromBatch","inputs":{"image":["4",0],"batch_index":3,"length":1}},
		"9":{"class_type":"SaveImage","inputs":{"images":["5",0],"filename_prefix":"g"}}}`,
		40, 20, color.RGBA{0, 0, 255, 255}, color.RGBA{0, 0, 255, 255}},
}

func TestImageNodesDoWhatTheySay(t *testing.T) {
	t.Parallel()
	for _, version := range versions {
		_, base := comfysimtest.Start(t, comfysim.Config{Version: version})
		for name, g := range graphs {
			t.Run(version+" "+name, func(t *testing.T) {
				t.Parallel()
				c := client{t, base}
				c.uploadPicture("in.png", sent(t))
				img := c.pictureOf(json.RawMessage(g.graph))
				if b := img.Bounds(); b.Dx() != g.width || b.Dy() != g.height {
					t.Fatalf("size %v, want %dx%d", b, g.width, g.height)
				}
				for x, want := range map[int]color.RGBA{g.width / 4: g.left, g.width * 3 / 4: g.right} {
					if got := color.RGBAModel.Convert(img.At(x, g.height/2)); got != want {
						t.Errorf("at %d: %v, want %v", x, got, want)
					}
				}
			})
		}
	}
}

// pictureOf runs a graph and reads the picture that node "9" made.
func (c client) pictureOf(graph json.RawMessage) image.Image {
	c.t.Helper()
	me := strings.ReplaceAll(c.t.Name(), "/", "-")
	sock := c.open(url.QueryEscape(me))
	id := c.submit(me, graph)
	sock.until(ended(id))
	_, h := c.do("GET", "/history/"+id, nil)
	outputs, _ := h[id].(map[string]any)["outputs"].(map[string]any)
	node, _ := outputs["9"].(map[string]any)
	files, _ := node["images"].([]any)
	if len(files) != 1 {
		c.t.Fatalf("outputs: %v", h[id])
	}
	_, data := c.raw("GET", "/view?filename="+files[0].(map[string]any)["filename"].(string), "", nil)
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		c.t.Fatal(err)
	}
	return img
}
