// Package clip reads the headers of videos and sounds: which codecs they have,
// how large and how long they are, whether people can play them where they
// are shown, and where their metadata lies. It decodes nothing.
//
// Every read is bounded, nothing is kept and nothing runs on its own.
package clip
