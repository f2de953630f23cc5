//go:build cgo

package literllm

// #include "liter_llm.h"
import "C"

import (
	"context"
	"encoding/json"
)

// AWSCredentials sign requests to AWS. Printed, they show no secret.
type AWSCredentials struct {
	AccessKeyID     string
	SecretAccessKey string
	// SessionToken is the token of temporary credentials, if these are such.
	SessionToken string
}

// String hides the credentials.
func (AWSCredentials) String() string { return "[REDACTED]" }

// GoString hides the credentials.
func (AWSCredentials) GoString() string { return "literllm.AWSCredentials{[REDACTED]}" }

// WithAPIKeyFunc sets api_key to a function that is called before each attempt of a call, and once
// more when the provider refuses a key, so that tokens are refreshed by the library made for that.
// It runs in a goroutine of its own, for many calls at the same time. Its context ends with the
// call. An error that it returns ends the call: errors.Is finds it.
//
// For a client or a call.
func WithAPIKeyFunc(key func(ctx context.Context) (string, error)) Option {
	return setBy("WithAPIKeyFunc", apiKeyOption, key)
}

// WithAWSCredentialsFunc is [WithAPIKeyFunc] for a provider whose requests are signed.
//
// For a client or a call.
func WithAWSCredentialsFunc(credentials func(ctx context.Context) (AWSCredentials, error)) Option {
	return setBy("WithAWSCredentialsFunc", apiKeyOption, credentials)
}

const apiKeyOption = "api_key"

// keyFunction gives the fields of an answer.
type keyFunction func(ctx context.Context) (map[string]string, error)

// takeKeyFunction takes a function out of options; the library then asks for the key.
func takeKeyFunction(fields map[string]any, key *keyFunction, refuse func(string) *Error) *Error {
	isNil := false
	switch function := fields[apiKeyOption].(type) {
	case func(context.Context) (string, error):
		isNil = function == nil
		*key = func(ctx context.Context) (map[string]string, error) {
			text, err := function(ctx)
			return map[string]string{apiKeyOption: text}, err
		}
	case func(context.Context) (AWSCredentials, error):
		isNil = function == nil
		*key = func(ctx context.Context) (map[string]string, error) {
			credentials, err := function(ctx)
			return credentials.fields(), err
		}
	default:
		return nil
	}
	if isNil {
		return refuse(apiKeyOption + ": the function is nil; leave the option out")
	}
	fields[apiKeyOption] = map[string]bool{"ask": true}
	return nil
}

func (c AWSCredentials) fields() map[string]string {
	fields := map[string]string{
		"aws_access_key_id": c.AccessKeyID, "aws_secret_access_key": c.SecretAccessKey,
	}
	if c.SessionToken != "" {
		fields["aws_session_token"] = c.SessionToken
	}
	return fields
}

// askKey answers the stream, which waits for its key, from a goroutine of its own.
func (s *Stream) askKey(number C.uint64_t) {
	s.mutex.Lock()
	if s.asking == nil {
		s.asking, s.stopAsking = context.WithCancel(s.ctx)
	}
	ctx := s.asking
	s.mutex.Unlock()
	go s.answerKey(ctx, number)
}

func (s *Stream) answerKey(ctx context.Context, number C.uint64_t) {
	answer, err := map[string]string(nil), error(nil)
	if s.key == nil {
		answer = map[string]string{"error": "api_key asks for a key; set WithAPIKeyFunc"}
	} else if answer, err = s.key(ctx); err != nil {
		// An error because the call has ended is not why it ended.
		if ctx.Err() != nil {
			return
		}
		s.mutex.Lock()
		s.keyError = err
		s.mutex.Unlock()
		answer = map[string]string{"error": "api_key: " + err.Error()}
	}
	text, err := json.Marshal(answer)
	if err == nil {
		s.client.answer(number, text)
	}
}

func (c *nativeClient) answer(number C.uint64_t, answer []byte) {
	c.mutex.RLock()
	defer c.mutex.RUnlock()
	if !c.closed {
		text := cString(answer)
		defer freeString(text)
		C.llm_client_answer(c.pointer, number, text)
	}
}
