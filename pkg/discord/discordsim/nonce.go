package discordsim

import "time"

type nonceKey struct {
	channel ID
	nonce   string
}

type nonceUse struct {
	message ID
	at      time.Time
}

const maxNonces = 20_000

// sameNonce is the message that enforce_nonce finds sent already, or nil.
func (w *world) sameNonce(channel ID, ch change, now time.Time, within time.Duration) *Message {
	if !ch.enforce || ch.nonce == "" {
		return nil
	}
	use, ok := w.nonces[nonceKey{channel, ch.nonce}]
	if !ok || now.Sub(use.at) > within {
		return nil
	}
	return w.messages[use.message]
}

func (w *world) rememberNonce(channel ID, ch change, message ID, now time.Time, within time.Duration) {
	if ch.nonce == "" {
		return
	}
	if len(w.nonces) >= maxNonces {
		for key, use := range w.nonces {
			if now.Sub(use.at) > within {
				delete(w.nonces, key)
			}
		}
	}
	w.nonces[nonceKey{channel, ch.nonce}] = nonceUse{message, now}
}
