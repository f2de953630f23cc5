package typed_test

import (
	"encoding/json"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/liter-llm/liter-llm/bindings/go/typed"
)

type inner struct {
	A int `json:"a"`
}

type reads struct{ a int }

func (r *reads) UnmarshalJSON([]byte) error { r.a = 1; return nil }

// A type has the schema of its JSON, or none.
func TestTypesWithAnotherJSON(t *testing.T) {
	schema, err := typed.Schema[struct {
		inner
		When    time.Time       `json:"when"`
		Address netip.Addr      `json:"address"`
		Gone    *netip.Addr     `json:"gone"`
		Count   json.Number     `json:"count"`
		Any     json.RawMessage `json:"any"`
		Bytes   [2]byte         `json:"bytes"`
		Hidden  reads           `json:"-"`
	}]()
	if err != nil {
		t.Fatal(err)
	}
	sameJSON(t, schema, `{"type":"object","properties":{"a":{"type":"integer"},
		"when":{"type":"string"},"address":{"type":"string"},
		"gone":{"type":["null","string"]},"count":{"type":"number"},"any":true,
		"bytes":{"type":"array","items":{"type":"integer"}}},
		"required":["a","when","address","gone","count","any","bytes"],
		"additionalProperties":false}`)
	for place, of := range map[string]func() error{
		".R[].B: typed_test.reads reads its own JSON": schemaError[struct {
			R []struct{ B *reads }
		}],
		".Picture: bytes are base64 in JSON; use a string": schemaError[struct{ Picture []byte }],
		".N: the option string makes a text of it": schemaError[struct {
			N int `json:",string"`
		}],
		".inner: an embedded struct with a name is a field of its own": schemaError[struct {
			inner `json:"other"`
		}],
		": typed_test.reads reads its own JSON":      schemaError[reads],
		"[]: bytes are base64 in JSON; use a string": schemaError[map[string][]byte],
		": typed_test.stamped reads its own JSON":    schemaError[stamped],
	} {
		if err := of(); err == nil || !strings.Contains(err.Error(), place) {
			t.Errorf("%v, not %s", err, place)
		}
	}
}

type stamped struct {
	A         int
	time.Time `json:"time"`
}

func schemaError[T any]() error {
	_, err := typed.Schema[T]()
	return err
}
