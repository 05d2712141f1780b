package delivery

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
)

// Bounds of what a video is encoded to.
const (
	aim          = 0.92    // of the limit: what a container and a bad guess take
	leastVideo   = 40_000  // bits a second; below, nothing is recognised
	mostVideo    = 40e6    // bits a second; above, nothing gets better
	speech       = 32_000  // bits a second of sound where there is little room
	music        = 128_000 // bits a second of sound where there is much
	leastPixel   = 0.03    // bits a pixel and frame; below, a smaller picture looks better
	frames       = 24      // a second, assumed
	smallestSide = 0.1     // share of the sides
	posterEdge   = 1280    // pixels
)

var errStillLarge = errors.New("the video does not get small enough")

// attempt says how a video is encoded.
type attempt struct {
	video, audio float64 // bits a second; no audio is 0
	share        float64 // of the sides
}

// encode aims at the limit by the duration, once more by what came out, then
// with a picture of half the sides.
func (t *transcoding) encode(ctx context.Context) (string, error) {
	seconds := t.info.Duration.Seconds()
	if seconds == 0 {
		d, err := t.ffmpeg.duration(ctx, t.from)
		if err != nil && ctx.Err() != nil {
			return "", err
		}
		seconds = d.Seconds()
	}
	a := t.firstAttempt(seconds)
	for try := range 3 {
		name := fmt.Sprintf("try-%d.mp4", try)
		if err := t.try(ctx, a, name); err != nil {
			return "", err
		}
		size := t.size(name)
		if size <= t.limit {
			return name, nil
		}
		a.video *= min(0.85, aim*float64(t.limit)/float64(size))
		if try == 1 {
			a.video, a.share = a.video*0.8, a.share/2
		}
	}
	return "", errStillLarge
}

// firstAttempt spends the limit over the duration.
func (t *transcoding) firstAttempt(seconds float64) attempt {
	total := aim * 8 * float64(t.limit) / max(seconds, 0.1)
	if seconds == 0 {
		total = 2e6 // nothing is known: the next attempt will
	}
	a := attempt{share: 1}
	if t.info.Audio != "" || t.info.Duration == 0 {
		a.audio = min(max(total/8, speech), music)
	}
	a.video = min(max(total-a.audio, leastVideo), mostVideo)
	if pixels := float64(t.info.Width * t.info.Height); pixels > 0 {
		a.share = min(1, math.Sqrt(a.video/(pixels*frames*leastPixel)))
	}
	a.share = max(a.share, smallestSide)
	return a
}

// try encodes once: H.264 of 8 bits and 4:2:0 with AAC in MP4, good enough for
// the eye where that takes less than was allowed.
func (t *transcoding) try(ctx context.Context, a attempt, name string) error {
	rate := strconv.FormatInt(int64(max(a.video, leastVideo)), 10)
	args := slices.Concat(t.from, []string{
		"-map", "0:v:0", "-map", "0:a:0?", "-map_metadata", "-1", "-map_chapters", "-1",
		"-vf", scale(a.share), "-c:v", "libx264", "-preset", "veryfast", "-profile:v", "high", "-pix_fmt", "yuv420p",
		"-crf", "19", "-maxrate", rate, "-bufsize", rate, "-threads", strconv.Itoa(t.ffmpeg.threads),
	})
	if a.audio > 0 {
		args = append(args, "-c:a", "aac", "-ac", "2", "-b:a", strconv.FormatInt(int64(a.audio), 10))
	}
	_, err := t.ffmpeg.run(ctx, append(args, t.into(name)...)...)
	return err
}

// into are the arguments that name the file to write.
func (t *transcoding) into(name string) []string {
	return []string{"-movflags", "+faststart", "-fs", strconv.FormatInt(slack*t.limit, 10), "-f", "mp4", name}
}

// scale makes even sides, which 4:2:0 needs.
func scale(share float64) string {
	side := func(name string) string { return fmt.Sprintf("'max(2,trunc(%s*%.4f/2)*2)'", name, share) }
	return "scale=w=" + side("iw") + ":h=" + side("ih")
}

// copy puts the pictures as they are into MP4.
func (t *transcoding) copy(ctx context.Context) (string, error) {
	const name = "copy.mp4"
	how := []string{
		"-map", "0:v:0", "-map", "0:a:0?", "-map_metadata", "-1", "-map_chapters", "-1",
		"-c:v", "copy", "-c:a", "aac", "-b:a", strconv.Itoa(music),
	}
	_, err := t.ffmpeg.run(ctx, slices.Concat(t.from, how, t.into(name))...)
	return name, err
}

// poster takes the picture in the middle.
func (t *transcoding) poster(ctx context.Context) (string, error) {
	const name = "poster.jpg"
	seek := []string{"-ss", strconv.FormatFloat(t.info.Duration.Seconds()/2, 'f', 3, 64)}
	args := append(slices.Concat(seek, t.from), "-map", "0:v:0", "-frames:v", "1", "-map_metadata", "-1",
		"-vf", fmt.Sprintf("scale=w='min(%d,iw)':h=-2", posterEdge), "-pix_fmt", "yuvj420p", "-q:v", "3", "-f", "image2", "-update", "1", name)
	_, err := t.ffmpeg.run(ctx, args...)
	if err != nil || t.size(name) == 1<<62 {
		return "", err
	}
	return name, nil
}
