//go:build cgo

package literllm

import "encoding/base64"

// ContentPart is a part of a message: text, an image, sound, a file, or a block of the provider's
// own. [TextPart], [ImagePart], [AudioPart], [FilePart] and others make them.
type ContentPart struct {
	// Type is text, image_url, input_audio, file, or the provider's own word.
	Type string `json:"type"`
	// Text is the text of a part of type text.
	Text string `json:"text,omitempty"`
	// ImageURL is the image of a part of type image_url.
	ImageURL *ImageURL `json:"image_url,omitempty"`
	// InputAudio is the sound of a part of type input_audio.
	InputAudio *InputAudio `json:"input_audio,omitempty"`
	// File is the file of a part of type file.
	File *File `json:"file,omitempty"`
	// Extra holds any other fields, for the provider, such as Anthropic's cache_control.
	Extra map[string]any `json:"-"`
}

// ImageURL is an image.
type ImageURL struct {
	// URL is an https or a data URL.
	URL string `json:"url"`
	// Detail is low, high or auto, where the provider can do several.
	Detail string `json:"detail,omitempty"`
}

// InputAudio is sound.
type InputAudio struct {
	// Data is base64.
	Data string `json:"data"`
	// Format is wav or mp3, or another that the provider takes.
	Format string `json:"format"`
}

// File is a file, such as a PDF.
type File struct {
	Filename string `json:"filename,omitempty"`
	// FileData is a data URL.
	FileData string `json:"file_data,omitempty"`
	// FileID is the provider's id of a file that was uploaded before.
	FileID string `json:"file_id,omitempty"`
}

// TextPart is text.
func TextPart(text string) ContentPart { return ContentPart{Type: "text", Text: text} }

// ImagePart is an image at an https URL, or in a data URL.
func ImagePart(url string) ContentPart {
	return ContentPart{Type: "image_url", ImageURL: &ImageURL{URL: url}}
}

// ImageDataPart is an image of a media type such as image/png.
func ImageDataPart(mediaType string, data []byte) ContentPart {
	return ImagePart(dataURL(mediaType, data))
}

// AudioPart is sound in a format such as wav or mp3.
func AudioPart(format string, data []byte) ContentPart {
	sound := &InputAudio{Data: base64.StdEncoding.EncodeToString(data), Format: format}
	return ContentPart{Type: "input_audio", InputAudio: sound}
}

// FilePart is a file of a media type such as application/pdf.
func FilePart(name, mediaType string, data []byte) ContentPart {
	return ContentPart{Type: "file", File: &File{Filename: name, FileData: dataURL(mediaType, data)}}
}

// FileIDPart is a file that was uploaded to the provider before.
func FileIDPart(id string) ContentPart {
	return ContentPart{Type: "file", File: &File{FileID: id}}
}

func dataURL(mediaType string, data []byte) string {
	return "data:" + mediaType + ";base64," + base64.StdEncoding.EncodeToString(data)
}
