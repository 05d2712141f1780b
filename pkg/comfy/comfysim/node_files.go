package comfysim

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"image"
	_ "image/gif" // an input picture may be any of these
	_ "image/jpeg"
	"math/rand/v2"
	"os"
	"strings"
	"time"

	"golang.org/x/image/draw"
	_ "golang.org/x/image/webp" // likewise
)

var errTooLarge = errors.New("picture too large")

// annotated splits "name [input]" into the name and its folder's type.
func annotated(name, fallback string) (string, string) {
	for _, kind := range []string{"output", "input", "temp"} {
		if base, ok := strings.CutSuffix(name, " ["+kind+"]"); ok {
			return base, kind
		}
	}
	return name, fallback
}

func (d *disk) find(name, fallback string) (string, bool) {
	base, kind := annotated(name, fallback)
	path, ok := within(d.folder(kind), base)
	if !ok {
		return "", false
	}
	info, err := os.Stat(path)
	return path, err == nil && info.Mode().IsRegular()
}

// checkImageFile is LoadImage's own validation.
func (s *Server) checkImageFile(in input, value any) *object {
	name, _ := value.(string)
	if _, ok := s.disk.find(name, "input"); ok {
		return nil
	}
	return problem("custom_validation_failed", "Custom validation failed for node",
		in.name+" - Invalid image file: "+pyStr(value), obj("input_name", in.name))
}

// changed is what a class reads besides its inputs, for the cache: the content of the loaded file.
func (s *Server) changed(class string, inputs *object) string {
	if class != "LoadImage" && class != "LoadImageMask" {
		return ""
	}
	path, _ := s.disk.find(inputs.text("image"), "input")
	data, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// loadImage gives the picture without its alpha, and that as a mask that is white where the picture is clear.
func loadImage(_ context.Context, c *call) (*result, error) {
	img, err := c.inputPicture()
	if err != nil {
		return nil, err
	}
	return outputs(pictures{opaque(img)}, pictures{channelOf(img, "alpha")})
}

func loadImageMask(_ context.Context, c *call) (*result, error) {
	img, err := c.inputPicture()
	if err != nil {
		return nil, err
	}
	return outputs(pictures{channelOf(img, c.text("channel"))})
}

func (c *call) inputPicture() (*image.NRGBA, error) {
	name := c.text("image")
	path, _ := c.run.p.server.disk.find(name, "input")
	img, err := readPicture(path)
	if errors.Is(err, errTooLarge) {
		return nil, outOfMemory(1)
	}
	if err != nil {
		return nil, &nodeError{kind: "PIL.UnidentifiedImageError", traceback: "LoadImage",
			message: "cannot identify image file '/comfyui/input/" + name + "'"}
	}
	return img, nil
}

func readPicture(path string) (*image.NRGBA, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read picture: %w", err)
	}
	return decodePicture(data)
}

func decodePicture(data []byte) (*image.NRGBA, error) {
	cfg, _, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("read picture: %w", err)
	}
	if cfg.Width < 1 || cfg.Height < 1 || cfg.Width > maxPixels/cfg.Height {
		return nil, errTooLarge
	}
	src, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("read picture: %w", err)
	}
	img := image.NewNRGBA(image.Rect(0, 0, cfg.Width, cfg.Height))
	draw.Draw(img, img.Rect, src, src.Bounds().Min, draw.Src)
	return img, nil
}

// opaque drops the alpha and leaves the colours as they are.
func opaque(img *image.NRGBA) *image.RGBA {
	out := newPicture(img.Rect.Dx(), img.Rect.Dy())
	copy(out.Pix, img.Pix)
	for i := 3; i < len(out.Pix); i += 4 {
		out.Pix[i] = 255
	}
	return out
}

// channelOf shows one channel as brightness; alpha the other way round, as a mask.
func channelOf(img *image.NRGBA, channel string) *image.RGBA {
	offset, flip := map[string]int{"red": 0, "green": 1, "blue": 2}[channel], uint8(0)
	if channel == "alpha" {
		offset, flip = 3, 255
	}
	out := newPicture(img.Rect.Dx(), img.Rect.Dy())
	for i := 0; i < len(out.Pix); i += 4 {
		v := img.Pix[i+offset] ^ flip
		out.Pix[i], out.Pix[i+1], out.Pix[i+2], out.Pix[i+3] = v, v, v, 255
	}
	return out
}

func saveImage(_ context.Context, c *call) (*result, error) {
	p, err := c.pictures("images")
	if err != nil {
		return nil, err
	}
	return c.savePictures("output", c.prefix(p), p)
}

// previewImage saves to the temp folder, under a name that is random for each node object.
func previewImage(_ context.Context, c *call) (*result, error) {
	p, err := c.pictures("images")
	if err != nil {
		return nil, err
	}
	return c.savePictures("temp", "ComfyUI_temp_"+c.run.p.cache.tempName(c.id, "PreviewImage"), p)
}

func (c *call) savePictures(kind, prefix string, p pictures) (*result, error) {
	files := make([][]byte, len(p))
	encoded := map[*image.RGBA][]byte{}
	for i, img := range p {
		if encoded[img] == nil {
			encoded[img] = encodePNG(img, c.metadata())
		}
		files[i] = encoded[img]
	}
	list, err := c.run.p.server.disk.save(kind, prefix, "png", files)
	if err != nil {
		return nil, err
	}
	return &result{outputs: []any{p}, ui: obj("images", savedList(list))}, nil
}

func savedList(list []saved) []any {
	out := make([]any, len(list))
	for i, s := range list {
		out[i] = s.object()
	}
	return out
}

// prefix is filename_prefix with ComfyUI's variables filled in.
func (c *call) prefix(p pictures) string {
	w, h := p.size()
	now := time.Now()
	return strings.NewReplacer("%width%", fmt.Sprint(w), "%height%", fmt.Sprint(h),
		"%year%", now.Format("2006"), "%month%", now.Format("01"), "%day%", now.Format("02"),
		"%hour%", now.Format("15"), "%minute%", now.Format("04"), "%second%", now.Format("05"),
	).Replace(c.text("filename_prefix"))
}

func newTempName() string {
	b := make([]byte, 5)
	for i := range b {
		b[i] = "abcdefghijklmnopqrstuvwxyz"[rand.IntN(26)]
	}
	return string(b)
}
