package main

import (
	"log/slog"
	"os"
	"os/user"
	"time"

	"discomfy/pkg/job"
	"discomfy/pkg/workflow"
)

// natsFlags say where NATS is and who we are to it. The plain names are those
// of the NATS CLI.
type natsFlags struct {
	URL      string `name:"nats" env:"DISCOMFY_NATS_URL,NATS_URL" default:"nats://127.0.0.1:4222" placeholder:"URL" help:"NATS server, or several with commas. Defaults to where \"discomfy up\" listens (${default})."`
	Creds    string `name:"nats-creds" env:"DISCOMFY_NATS_CREDS,NATS_CREDS" type:"path" placeholder:"FILE" help:"Credentials file (JWT and seed)."`
	NKey     string `name:"nats-nkey" env:"DISCOMFY_NATS_NKEY,NATS_NKEY" type:"path" placeholder:"FILE" help:"NKey seed file."`
	User     string `name:"nats-user" env:"DISCOMFY_NATS_USER,NATS_USER" placeholder:"NAME" help:"User name."`
	Password string `name:"nats-password" env:"DISCOMFY_NATS_PASSWORD,NATS_PASSWORD" placeholder:"TEXT" help:"Password. Better given by the environment."`
	Token    string `name:"nats-token" env:"DISCOMFY_NATS_TOKEN" placeholder:"TEXT" help:"Token. Better given by the environment."`
	CA       string `name:"nats-ca" env:"DISCOMFY_NATS_CA,NATS_CA" type:"path" placeholder:"FILE" help:"CA certificate that signed the server's."`
}

// comfyFlags say where ComfyUI is and who we are to the proxy before it.
type comfyFlags struct {
	URL string `name:"comfyui" env:"DISCOMFY_COMFYUI_URL,COMFYUI_URL" default:"http://127.0.0.1:8188" placeholder:"URL" help:"ComfyUI server; a base path and https work (${default})."`
	comfyLogin
}

type comfyLogin struct {
	Token    string `name:"comfyui-token" env:"DISCOMFY_COMFYUI_TOKEN" placeholder:"TEXT" help:"Bearer token for a proxy before ComfyUI."`
	User     string `name:"comfyui-user" env:"DISCOMFY_COMFYUI_USER" placeholder:"NAME" help:"User name for basic auth."`
	Password string `name:"comfyui-password" env:"DISCOMFY_COMFYUI_PASSWORD" placeholder:"TEXT" help:"Password for basic auth. Better given by the environment."`
}

// queueFlag names the queue.
type queueFlag struct {
	Queue string `name:"queue" env:"DISCOMFY_QUEUE" default:"default" placeholder:"NAME" help:"Queue: one for each ComfyUI server (${default})."`
}

func (f queueFlag) parse() (job.Queue, error) {
	q, err := job.ParseQueue(f.Queue)
	if err != nil {
		return "", usageError{err}
	}
	return q, nil
}

// bridgeFlags say how a bridge works.
type bridgeFlags struct {
	folderFlag
	InFlight     int           `name:"in-flight" env:"DISCOMFY_IN_FLIGHT" default:"2" placeholder:"N" help:"Jobs inside ComfyUI at once: one runs, the others are ready (${default})."`
	Timeout      time.Duration `name:"timeout" env:"DISCOMFY_TIMEOUT" default:"10m" placeholder:"TIME" help:"Longest run of an image workflow (${default})."`
	VideoTimeout time.Duration `name:"video-timeout" env:"DISCOMFY_VIDEO_TIMEOUT" default:"1h" placeholder:"TIME" help:"Longest run of a video workflow (${default})."`
	Drain        bool          `name:"drain" env:"DISCOMFY_DRAIN" help:"When asked to stop, finish what is inside ComfyUI first, and take nothing new."`
}

// check refuses what the bridge would silently take for something else.
func (f bridgeFlags) check() error {
	if err := between("--in-flight", f.InFlight, 1, maxInFlight); err != nil {
		return err
	}
	if err := between("--timeout", f.Timeout, minTimeout, maxTimeout); err != nil {
		return err
	}
	return between("--video-timeout", f.VideoTimeout, minTimeout, maxTimeout)
}

func (f bridgeFlags) timeouts() map[workflow.Kind]time.Duration {
	limits := make(map[workflow.Kind]time.Duration)
	for _, kind := range workflow.Kinds() {
		limits[kind] = f.Timeout
	}
	limits[workflow.KindVideo] = f.VideoTimeout
	return limits
}

// leaseFlag says how soon a standby takes over.
type leaseFlag struct {
	Lease time.Duration `name:"lease" env:"DISCOMFY_LEASE" default:"6s" placeholder:"TIME" help:"How long the active bridge may be silent before another one takes over, in whole seconds; the same for all bridges of a queue (${default})."`
}

func (f leaseFlag) check() error {
	if f.Lease%time.Second != 0 {
		return outOfRange("--lease", f.Lease, "whole seconds", minLease, maxLease)
	}
	return between("--lease", f.Lease, minLease, maxLease)
}

// maxJobsFlag bounds a queue.
type maxJobsFlag struct {
	MaxJobs int `name:"max-jobs" env:"DISCOMFY_MAX_JOBS" placeholder:"N" help:"Jobs that a queue takes before it is full. Left out, it stays as it is; a new queue takes 2000."`
}

func (f maxJobsFlag) check() error { return between("--max-jobs", f.MaxJobs, 0, mostJobs) }

// logFlags say how the process reports on itself.
type logFlags struct {
	Level  slog.Level `name:"log-level" env:"DISCOMFY_LOG_LEVEL" default:"info" placeholder:"LEVEL" help:"Log from this level: debug, info, warn, error (${default})."`
	Format string     `name:"log-format" env:"DISCOMFY_LOG_FORMAT" enum:"auto,text,json" default:"auto" placeholder:"FORMAT" help:"auto, text or json; auto is text on a terminal, else json."`
}

// userFlag says who asks.
type userFlag struct {
	User string `name:"user" env:"DISCOMFY_USER" placeholder:"NAME" help:"Who asks: jobs of different users take turns. Defaults to your login name."`
}

func (f userFlag) parse() (job.User, error) {
	name := f.User
	if name == "" {
		name = login()
	}
	u, err := job.NewUser("terminal", name)
	if err != nil {
		return "", usageError{err}
	}
	return u, nil
}

// login is the name that the system knows the caller by.
func login() string {
	if u, err := user.Current(); err == nil && u.Username != "" {
		return u.Username
	}
	if name := os.Getenv("USER"); name != "" {
		return name
	}
	return "somebody"
}
