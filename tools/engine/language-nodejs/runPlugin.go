// Added to Pulumi's Node language host 3.66.0, which knows the call and answers "not supported": newer engines start a
// policy pack by it. What these send beyond the request of 3.66.0 is read from its unknown fields.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"

	"google.golang.org/protobuf/encoding/protowire"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

const (
	infoField             protowire.Number = 5
	kindField             protowire.Number = 6
	programDirectoryField protowire.Number = 2
)

func runPlugin(
	req *pulumirpc.RunPluginRequest, server pulumirpc.LanguageRuntime_RunPluginServer,
) error {
	unknown := req.ProtoReflect().GetUnknown()
	kind := string(fieldOf(unknown, kindField))
	directory := string(fieldOf(fieldOf(unknown, infoField), programDirectoryField))
	if kind != "analyzer" || directory == "" {
		return fmt.Errorf("a plugin of the kind %q is not supported by this Node language host", kind)
	}
	find := exec.CommandContext(server.Context(), "node", "-p", "require.resolve('@pulumi/pulumi/cmd/run-policy-pack')")
	find.Dir = directory
	found, err := find.Output()
	if err != nil {
		return fmt.Errorf("@pulumi/pulumi can't be found from %s: run npm install there", directory)
	}
	script := string(found[:len(found)-1])
	command := exec.CommandContext(server.Context(), "node", append(append([]string{script}, req.Args...), directory)...)
	command.Dir = req.Pwd
	command.Env = append(os.Environ(), req.Env...)
	var sending sync.Mutex
	send := func(response *pulumirpc.RunPluginResponse) error {
		sending.Lock()
		defer sending.Unlock()
		return server.Send(response)
	}
	command.Stdout = writer(func(part []byte) error {
		return send(&pulumirpc.RunPluginResponse{Output: &pulumirpc.RunPluginResponse_Stdout{Stdout: part}})
	})
	command.Stderr = writer(func(part []byte) error {
		return send(&pulumirpc.RunPluginResponse{Output: &pulumirpc.RunPluginResponse_Stderr{Stderr: part}})
	})
	err = command.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return err
	}
	code := int32(command.ProcessState.ExitCode())
	return send(&pulumirpc.RunPluginResponse{Output: &pulumirpc.RunPluginResponse_Exitcode{Exitcode: code}})
}

type writer func(part []byte) error

var _ io.Writer = writer(nil)

func (write writer) Write(part []byte) (int, error) {
	return len(part), write(part)
}

// The bytes of a field that is a text or a message; the last one counts, as in any message.
func fieldOf(message []byte, wanted protowire.Number) []byte {
	var found []byte
	for len(message) > 0 {
		number, kind, length := protowire.ConsumeTag(message)
		if length < 0 {
			return nil
		}
		message = message[length:]
		if number == wanted && kind == protowire.BytesType {
			value, size := protowire.ConsumeBytes(message)
			if size < 0 {
				return nil
			}
			found = value
		}
		size := protowire.ConsumeFieldValue(number, kind, message)
		if size < 0 {
			return nil
		}
		message = message[size:]
	}
	return found
}
