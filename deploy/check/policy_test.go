package main

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	jsonpatch "gopkg.in/evanphx/json-patch.v4"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/admission"
	"sigs.k8s.io/yaml"
)

const bot = "system:serviceaccount:sfint:sfint"

type write struct {
	Name  string          `json:"name"`
	Of    string          `json:"of"`
	Patch json.RawMessage `json:"patch"`
}

type verdicts struct {
	Allowed []write `json:"allowed"`
	Refused []write `json:"refused"`
}

type cases struct {
	Objects map[string]json.RawMessage `json:"objects"`
	verdicts
	ExternalSecrets verdicts `json:"externalSecrets"`
}

func read(t *testing.T) cases {
	t.Helper()
	text, err := os.ReadFile("testdata/admission.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var found cases
	if err := yaml.UnmarshalStrict(text, &found); err != nil {
		t.Fatal(err)
	}
	for _, list := range []*[]write{&found.ExternalSecrets.Allowed, &found.ExternalSecrets.Refused} {
		for i := range *list {
			(*list)[i].Of = "externalsecret"
		}
	}
	found.Allowed = append(found.Allowed, found.ExternalSecrets.Allowed...)
	found.Refused = append(found.Refused, found.ExternalSecrets.Refused...)
	return found
}

func thePolicy(t *testing.T) func(request) []string {
	t.Helper()
	policies := only[*admissionv1.ValidatingAdmissionPolicy](rendered(t, "in-cluster"))
	judged, err := judge(policies[0])
	if err != nil {
		t.Fatal(err)
	}
	return judged
}

func object(t *testing.T, text []byte) *unstructured.Unstructured {
	t.Helper()
	found := &unstructured.Unstructured{}
	if err := found.UnmarshalJSON(text); err != nil {
		t.Fatal(err)
	}
	return found
}

func (c cases) request(t *testing.T, asked write) request {
	t.Helper()
	before := c.Objects[asked.Of]
	after, err := jsonpatch.MergePatch(before, asked.Patch)
	if err != nil {
		t.Fatal(err)
	}
	resources := map[string]schema.GroupVersionResource{
		"statefulset":    {Group: "apps", Version: "v1", Resource: "statefulsets"},
		"deployment":     {Group: "apps", Version: "v1", Resource: "deployments"},
		"externalsecret": {Group: "external-secrets.io", Version: "v1", Resource: "externalsecrets"},
	}
	return request{
		user: bot, operation: admission.Update, resource: resources[asked.Of],
		object: object(t, after), existing: object(t, before),
	}
}

// Replicas, the annotations of ours and the restart: each is let through.
func TestPolicyAllows(t *testing.T) {
	known, policy := read(t), thePolicy(t)
	for _, each := range known.Allowed {
		if words := policy(known.request(t, each)); len(words) > 0 {
			t.Errorf("%s: %q", each.Name, words)
		}
	}
}

// Every other field keeps its value, and the answer says which one it was about.
func TestPolicyRefuses(t *testing.T) {
	known, policy := read(t), thePolicy(t)
	for _, each := range known.Refused {
		if words := policy(known.request(t, each)); !areOurs(words) {
			t.Errorf("%s: %q", each.Name, words)
		}
	}
}

// areOurs tells a refusal from an expression that could not be evaluated, which refuses as well.
func areOurs(words []string) bool {
	foreign := func(word string) bool { return !strings.HasPrefix(word, "sfint may") }
	return len(words) > 0 && !slices.ContainsFunc(words, foreign)
}

// Nobody but the bot is fenced in: an engineer may change the image.
func TestPolicyLeavesOthersAlone(t *testing.T) {
	known, policy := read(t), thePolicy(t)
	for _, each := range known.Refused {
		asked := known.request(t, each)
		asked.user = "alice@example.com"
		if words := policy(asked); len(words) > 0 {
			t.Errorf("%s: %q", each.Name, words)
		}
	}
}

// Whatever a role might grant by mistake: the bot creates no workload and writes no subresource.
func TestPolicyRefusesOtherWrites(t *testing.T) {
	known, policy := read(t), thePolicy(t)
	created := known.request(t, known.Allowed[0])
	created.operation, created.existing = admission.Create, nil
	status := known.request(t, known.Allowed[0])
	status.subresource = "status"
	for name, asked := range map[string]request{"create": created, "status": status} {
		if words := policy(asked); !areOurs(words) {
			t.Errorf("%s: %q", name, words)
		}
	}
}
