package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"strconv"
	"time"

	"discomfy/pkg/broker"
	"discomfy/pkg/broker/embedded"
	"discomfy/pkg/comfy"
	"discomfy/pkg/discord/discordsim"
	"discomfy/pkg/job"
	"discomfy/pkg/terminal"
)

// Bounds of the demo.
const (
	natsPort     = 4222 // its usual port, or the next that is free
	pagePort     = 8090 // the same, of the page
	portTries    = 200  // further ones
	settleWithin = 2 * time.Second
	pollEvery    = 20 * time.Millisecond
)

type demoCommand struct {
	Keep       bool          `name:"keep" help:"Stay up afterwards, to look inside and to submit, until Ctrl-C."`
	Browser    bool          `name:"browser" default:"true" negatable:"" help:"On a terminal, open the page in a browser (on)."`
	ComfyUI    string        `name:"comfyui" placeholder:"URL" help:"Use this ComfyUI server instead of a fake one."`
	Out        string        `name:"out" type:"path" placeholder:"DIR" help:"Folder for the pictures; existing files are never replaced (./discomfy-demo, or a temporary one where that cannot be made)."`
	Speed      float64       `name:"speed" hidden:"" default:"1.2" help:"Of the fake ComfyUI; 1 is as in reality."`
	AnyPort    bool          `name:"any-port" hidden:"" help:"Take whatever ports are free, beside other demos."`
	Wait       time.Duration `name:"wait" hidden:"" default:"20s" help:"For ComfyUI to answer."`
	comfyLogin `group:"comfyui"`
	Level      slog.Level `name:"log-level" env:"DISCOMFY_LOG_LEVEL" default:"warn" placeholder:"LEVEL" help:"Log from this level: debug, info, warn, error (${default}; info shows the bridge at work)." group:"log"`
}

// Help is what `demo --help` adds.
func (demoCommand) Help() string {
	return `Starts a NATS JetStream server, a fake ComfyUI, the bridge, a fake Discord and the ingress in this
process, submits three jobs of two users at once and shows them queue, run and come back as pictures.
Meanwhile its page is a Discord channel: type /generate there. It ends by itself in about ten seconds, or
when nobody looks at the page any more, and removes everything but the pictures.

With --comfyui the fake is left out: txt2img runs where the server has a checkpoint, else test-pattern. On a server
without a GPU the pictures are small.` + exitCodes(
		"0    all three jobs are done; with --keep: Ctrl-C ended it",
		"1    a job failed, or the command did",
		code2,
		"3    ComfyUI does not answer",
		code130)
}

// demo is one run of the demo.
type demo struct {
	*session
	command *demoCommand
	screen  *terminal.Screen
	log     *slog.Logger
	nats    *localNATS
	comfy   *comfy.Client
	sim     *discordsim.Server // whose page is at
	page    string
	out     string // folder for the pictures
}

// Run starts everything, shows three jobs, and stops everything.
func (c *demoCommand) Run(ctx context.Context, s *session) error {
	d := &demo{session: s, command: c, screen: s.screen()}
	if err := c.check(); err != nil {
		return err
	}
	if err := d.chooseFolder(); err != nil {
		return err
	}
	var logs io.Writer = s.stderr
	if d.screen != nil && s.isTerminal(s.stderr) {
		logs = d.screen // scrolls past above the bars
	}
	d.log = s.logger(logFlags{Level: c.Level, Format: "text"}, logs)
	dir, err := os.MkdirTemp("", "discomfy-demo-")
	if err != nil {
		return fmt.Errorf("make a folder for temporary data: %w", err)
	}
	defer os.RemoveAll(dir)
	addr, err := c.address(natsPort)
	if err != nil {
		return err
	}
	err = withNATS(ctx, embedded.Config{Dir: dir, Addr: addr, Unsynced: true, Log: d.log},
		broker.InitConfig{Queues: []job.Queue{job.DefaultQueue}, Discord: true}, d.withComfyUI)
	if errors.Is(err, errInterrupted) && c.Keep {
		return nil // Ctrl-C is how --keep ends
	}
	return err
}

func (c *demoCommand) check() error {
	if err := between("--speed", c.Speed, 0.01, 1000); err != nil {
		return err
	}
	return between("--wait", c.Wait, time.Millisecond, time.Hour)
}

// chooseFolder finds a folder for the pictures before anything is started.
func (d *demo) chooseFolder() error {
	if d.command.Out != "" {
		d.out = shortPath(d.command.Out)
		return checkOut(d.out)
	}
	d.out = "discomfy-demo"
	usual := terminal.CheckFolder(d.out)
	if usual == nil {
		return nil
	}
	var err error
	if d.out, err = os.MkdirTemp("", "discomfy-pictures-"); err != nil {
		return fmt.Errorf("%w: name another folder with --out", usual)
	}
	d.say("Pictures go to %s (%v; --out names another folder).", d.out, usual)
	d.say("")
	return nil
}

// withComfyUI starts the fake, where no server was named.
func (d *demo) withComfyUI(ctx context.Context, n *localNATS) error {
	d.nats = n
	if d.command.ComfyUI != "" {
		return d.withBridge(ctx, d.command.ComfyUI, "")
	}
	return withFake(ctx, d.command.Speed, d.log, func(ctx context.Context, url string) error {
		return d.withBridge(ctx, url, "a fake one, in this process")
	})
}

// withBridge starts the bridge, and what stands for Discord.
func (d *demo) withBridge(ctx context.Context, url, note string) error {
	p, err := newBridge(job.DefaultQueue, comfyFlags{url, d.command.comfyLogin},
		bridgeFlags{InFlight: 1}, d.log)
	if err != nil {
		return err
	}
	d.comfy = p.client
	addr, err := d.command.address(pagePort)
	if err != nil {
		return err
	}
	if note == "" {
		note = "yours"
	}
	return withFakeDiscord(ctx, addr, d.log, func(ctx context.Context, sim *discordsim.Server, page string) error {
		d.sim, d.page = sim, page
		d.say("NATS     %s  (a real server with JetStream, in this process)", d.nats.server.ClientURL())
		d.say("ComfyUI  %s  (%s)", p.client.URL(), note)
		d.say("Discord  %s  (a fake one, in this process: open it and type /generate)", page)
		d.say("")
		d.say("ann asks for two pictures and bob for one; his comes between hers.")
		d.say("")
		return beside(ctx, d.withIngress, func(ctx context.Context) error { return p.run(ctx, d.nats.broker) })
	})
}

// withIngress serves the page and plays the scene beside it.
func (d *demo) withIngress(ctx context.Context) error {
	people, err := newIngress(job.DefaultQueue,
		discordFlags{Sim: d.page, OthersMayClick: true, MaxWaiting: demoWaiting, TellAfter: time.Minute, Shard: "0/1", FFmpeg: "ffmpeg"},
		"", d.log)
	if err != nil {
		return err
	}
	d.browse(ctx)
	return beside(ctx, d.play, func(ctx context.Context) error { return people.run(ctx, d.nats.broker) })
}

// play submits the jobs, shows them, and says what to try next.
func (d *demo) play(ctx context.Context) error {
	config := d.display(d.screen)
	config.Dir, config.Log = d.out, d.log
	asks, err := d.asks(ctx)
	if err != nil {
		return err
	}
	var requests []job.Request
	for _, a := range asks {
		r, err := terminal.Submit(ctx, config, d.nats.broker, a.user, a.workflow, a.args, nil)
		if err != nil {
			return err
		}
		requests = append(requests, r)
	}
	states, err := terminal.Watch(ctx, config, d.nats.broker, requests...)
	if err != nil {
		return err
	}
	d.settle(ctx)
	d.farewell(requests, states)
	if err := d.linger(ctx); err != nil {
		return err
	}
	return ended(states)
}

// settle gives the bridge the moment that it needs after the last end to take
// the job out of the queue.
func (d *demo) settle(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, settleWithin)
	defer cancel()
	_ = poll(ctx, func() (bool, error) {
		left, err := d.nats.broker.PendingJobs(ctx, job.DefaultQueue)
		return len(left) == 0, err
	}) // what is left is thrown away with the demo
}

// address is where one of the servers listens.
func (c *demoCommand) address(port int) (string, error) {
	if c.AnyPort {
		return "127.0.0.1:0", nil
	}
	return nextFree(port)
}

// nextFree is the first address on loopback from the port on that nobody
// listens at.
func nextFree(port int) (string, error) {
	for p := range portTries {
		addr := net.JoinHostPort("127.0.0.1", strconv.Itoa(port+p))
		if free(addr) == nil {
			return addr, nil
		}
	}
	return "", fmt.Errorf("no free port from %d to %d on 127.0.0.1", port, port+portTries-1)
}
