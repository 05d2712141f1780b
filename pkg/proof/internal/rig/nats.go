//go:build linux

package rig

import (
	"fmt"
	"os"
	"regexp"
)

// natsConfig is our nats.conf with other values for some of its settings.
func natsConfig(text string, settings map[string]string) (string, error) {
	for name, value := range settings {
		line := regexp.MustCompile(`(?m)^(\s*)` + regexp.QuoteMeta(name) + `:.*$`)
		if len(line.FindAllString(text, -1)) != 1 {
			return "", fmt.Errorf("nats.conf does not set %s once", name)
		}
		text = line.ReplaceAllString(text, "${1}"+name+": "+value)
	}
	return text, nil
}

// writeNATSConfig writes the configuration of a server that listens at addr,
// and for its monitoring at another address.
func writeNATSConfig(original, file, addr, monitor, store, maxFileStore string) error {
	text, err := os.ReadFile(original)
	if err != nil {
		return err
	}
	settings := map[string]string{"listen": addr, "http": monitor, "store_dir": fmt.Sprintf("%q", store)}
	if maxFileStore != "" {
		settings["max_file_store"] = maxFileStore
	}
	config, err := natsConfig(string(text), settings)
	if err != nil {
		return err
	}
	return os.WriteFile(file, []byte(config), 0o600) //nolint:gosec // the path is the test's
}
