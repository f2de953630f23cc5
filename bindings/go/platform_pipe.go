//go:build cgo && !windows && !literllm_poll && (!linux || literllm_pipe)

package literllm

import "os"

// Where there is no eventfd, such as on macOS. The tag literllm_pipe is for tests on Linux.
func newWaker() (*waker, *Error) {
	reading, writing, err := os.Pipe()
	if err != nil {
		return nil, errNoDescriptor(err)
	}
	made := &waker{reading: reading, writing: writing}
	// Not Fd(), which would make the pipe block the library.
	connection, err := writing.SyscallConn()
	if err == nil {
		err = connection.Control(func(descriptor uintptr) { made.descriptor = int(descriptor) })
	}
	if err != nil {
		made.close()
		return nil, errNoDescriptor(err)
	}
	return made, nil
}
