package main

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

func example(name string) string { return filepath.Join("..", "examples", name+".yaml") }

func rendered(t *testing.T, name string) []runtime.Object {
	t.Helper()
	file := example(name)
	if strings.HasPrefix(name, "testdata/") {
		file = name + ".yaml"
	}
	documents, err := render(file)
	if err != nil {
		t.Fatal(err)
	}
	objects, err := decode(documents)
	if err != nil {
		t.Fatal(err)
	}
	return objects
}

// Every example renders into objects that the API knows, and helm's own lint has nothing to say.
func TestExamples(t *testing.T) {
	files, err := filepath.Glob(example("*"))
	if err != nil || len(files) < 3 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".yaml")
		t.Run(name, func(t *testing.T) {
			if len(rendered(t, name)) == 0 {
				t.Error("nothing was rendered")
			}
			found, err := complaints(file)
			if err != nil || len(found) > 0 {
				t.Error(err, strings.Join(found, "\n"))
			}
		})
	}
}

// A field that the API does not know is an error, so the test above can fail.
func TestStrictness(t *testing.T) {
	_, err := decode([]string{"apiVersion: v1\nkind: Service\nmetadata: {name: x}\nspec: {portz: []}"})
	if err == nil || !strings.Contains(err.Error(), `unknown field "spec.portz"`) {
		t.Error(err)
	}
}

// The values say what is missing, and no secret may stand in them.
func TestValues(t *testing.T) {
	cases := map[string]string{
		"no-target": "targets", "literal-secret": "client_secret", "misspelt": "permisions", "no-address": "argocd/url",
	}
	for name, word := range cases {
		_, err := render(filepath.Join("testdata", name+".yaml"))
		if err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// One pod, as nobody in particular, on a root that it cannot write to.
func TestPod(t *testing.T) {
	for _, name := range []string{"in-cluster", "everything"} {
		set := only[*appsv1.StatefulSet](rendered(t, name))[0]
		pod, container := set.Spec.Template.Spec, set.Spec.Template.Spec.Containers[0]
		secure := container.SecurityContext
		switch {
		case *set.Spec.Replicas != 1:
			t.Error("more than one replica on one SQLite database")
		case !*pod.SecurityContext.RunAsNonRoot || *pod.SecurityContext.RunAsUser == 0:
			t.Error("runs as root")
		case pod.SecurityContext.SeccompProfile.Type != corev1.SeccompProfileTypeRuntimeDefault:
			t.Error("no seccomp profile")
		case !*secure.ReadOnlyRootFilesystem || *secure.AllowPrivilegeEscalation || secure.Privileged != nil:
			t.Error("the container may do too much")
		case !slices.Equal(secure.Capabilities.Drop, []corev1.Capability{"ALL"}) || secure.Capabilities.Add != nil:
			t.Error("capabilities are kept")
		case *pod.EnableServiceLinks:
			t.Error("variables of Services could become settings")
		}
		for _, mount := range container.VolumeMounts {
			writable := []string{"/var/lib/sfint", "/tmp"}
			if mount.ReadOnly == slices.Contains(writable, mount.MountPath) {
				t.Errorf("%s: read-only is %v", mount.MountPath, mount.ReadOnly)
			}
		}
	}
}

// A role names the workloads that may be patched, reads no secret and knows no wildcard; the dangerous verbs are switched on by hand.
func TestRoles(t *testing.T) {
	switches := map[string][]string{
		"in-cluster": {}, "everything": {"delete pods", "get externalsecrets", "patch externalsecrets"},
		"permissions-only": {"get pods/portforward", "create pods/portforward"},
	}
	usual := []string{
		"list pods", "get pods/log", "list events", "list services", "list horizontalpodautoscalers",
		"get deployments", "get statefulsets", "patch deployments", "patch statefulsets",
	}
	for name, more := range switches {
		for _, role := range own(only[*rbacv1.Role](rendered(t, name))) {
			granted := grants(t, role)
			wanted := append(slices.Clone(usual), more...)
			slices.Sort(granted)
			slices.Sort(wanted)
			if !slices.Equal(granted, wanted) {
				t.Errorf("%s in %s grants %q", name, role.Namespace, granted)
			}
		}
	}
}

func grants(t *testing.T, role *rbacv1.Role) []string {
	var found []string
	for _, rule := range role.Rules {
		for _, resource := range rule.Resources {
			for _, verb := range rule.Verbs {
				found = append(found, verb+" "+resource)
				workload := resource == "deployments" || resource == "statefulsets"
				if named := len(rule.ResourceNames) > 0; named != (verb == "patch" && workload) {
					t.Errorf("%s %s is granted for %q", verb, resource, rule.ResourceNames)
				}
			}
		}
	}
	return found
}

// Targets that share a namespace share its role; one that is in another cluster gets none here.
func TestNamespaces(t *testing.T) {
	roles := own(only[*rbacv1.Role](rendered(t, "everything")))
	if len(roles) != 2 || roles[0].Namespace != "integrations" || roles[1].Namespace != "integrations-staging" {
		t.Fatal(roles)
	}
	for _, rule := range roles[0].Rules {
		if rule.Resources[0] == "statefulsets" && len(rule.ResourceNames) > 0 &&
			!slices.Equal(rule.ResourceNames, []string{"redis-sentinel-node", "redis-two"}) {
			t.Error(rule.ResourceNames)
		}
	}
}

// A namespace of others gets a role that only reads, bound to the same somebody; without one there is none.
func TestElsewhere(t *testing.T) {
	for name, want := range map[string]int{"everything": 1, "in-cluster": 0} {
		objects := rendered(t, name)
		roles, bindings := only[*rbacv1.Role](objects), only[*rbacv1.RoleBinding](objects)
		if len(roles)-len(own(roles)) != want || len(bindings) != len(roles) {
			t.Fatal(name, roles, bindings)
		}
		for nth, role := range roles {
			if bindings[nth].Namespace != role.Namespace || bindings[nth].Subjects[0] != bindings[0].Subjects[0] {
				t.Error(bindings[nth])
			}
			if role.Namespace == elsewhere && !slices.Equal(grants(t, role), []string{"get deployments", "list pods", "get pods/log"}) {
				t.Error(grants(t, role))
			}
		}
	}
}

const elsewhere = "integrations-core"

func own(roles []*rbacv1.Role) []*rbacv1.Role {
	return slices.DeleteFunc(slices.Clone(roles), func(role *rbacv1.Role) bool { return role.Namespace == elsewhere })
}

// The configuration that the pod reads is what the values say, with the chart's own paths; the health port is open to probes.
func TestConfiguration(t *testing.T) {
	file := only[*corev1.ConfigMap](rendered(t, "in-cluster"))[0].Data["sfint.yml"]
	for _, line := range []string{"directory: /var/lib/sfint", "host: 0.0.0.0", "inbox_keys: env:SFINT_INBOX_KEYS", "mode: observe"} {
		if !strings.Contains(file, line) {
			t.Errorf("%q is missing in\n%s", line, file)
		}
	}
}

// Nothing leaves the pod by a port that is not named, and nothing reaches it but health, unless HTTP mode is on.
func TestNetwork(t *testing.T) {
	ingress := map[string]int{"in-cluster": 1, "everything": 2}
	for name, want := range ingress {
		spec := only[*networkingv1.NetworkPolicy](rendered(t, name))[0].Spec
		if len(spec.Ingress) != want || len(spec.PolicyTypes) != 2 {
			t.Error(name, spec.Ingress)
		}
		for _, rule := range spec.Egress {
			if len(rule.Ports) == 0 {
				t.Error(name, "has a rule for every port")
			}
		}
	}
}

// Every address of the configuration can be dialled: outside by its port, a Service of this cluster in its namespace.
func TestNetworkFollowsTheConfiguration(t *testing.T) {
	cases := map[string]map[string][]int{
		"in-cluster": {"": {443}, "integrations": {6379, 26379}},
		"everything": {
			// Slack and most others; the proxy; Redis elsewhere; the webhook's registration; Kafka.
			"": {443, 3128, 6379, 8443, 9092, 26379}, "integrations": {6379, 26379}, "integrations-staging": {6380, 26380},
			"monitoring": {4318}, "streams": {9093}, "argocd": {443, 8080},
		},
		"testdata/addresses": {"": {80, 443, 5000, 8089, 9094, 9443}, "sfint": {4318}, "streams": {9092}, "integrations": {6379, 26379}},
	}
	for name, wanted := range cases {
		found := reached(t, name)
		for place, ports := range wanted {
			if !slices.Equal(found[place], ports) {
				t.Errorf("%s: %q is reached at %v, and not %v", name, place, found[place], ports)
			}
			delete(found, place)
		}
		if len(found) > 0 {
			t.Errorf("%s: reaches %v as well", name, found)
		}
	}
}

// reached are the TCP ports that may be dialled, by namespace, and under "" those outside; names, the API and mail left out.
func reached(t *testing.T, name string) map[string][]int {
	found := map[string][]int{}
	for _, rule := range only[*networkingv1.NetworkPolicy](rendered(t, name))[0].Spec.Egress {
		if slices.Contains([]int{53, 587, 6443}, int(rule.Ports[len(rule.Ports)-1].Port.IntVal)) {
			continue
		}
		place := ""
		if selector := rule.To[0].NamespaceSelector; selector != nil {
			place = selector.MatchLabels["kubernetes.io/metadata.name"]
		}
		for _, port := range rule.Ports {
			found[place] = append(found[place], int(port.Port.IntVal))
		}
		slices.Sort(found[place])
	}
	return found
}

// The notes name what the network policy cannot know: the ports of pods behind Services, and what a reference holds.
func TestNotes(t *testing.T) {
	words := map[string][]string{
		example("in-cluster"): {"In integrations it may patch deployments salesforce-integration"},
		example("everything"): {"the pods behind 443 in argocd", "the pods behind 4318 in monitoring", "the pods behind 9093 in streams"},
		filepath.Join("testdata", "addresses.yaml"): {
			"the pods behind 4318 in sfint", "cannot see what env:ACME_CHAT_URL holds", "cannot see what env:ACME_KAFKA_SERVERS holds",
		},
	}
	for file, wanted := range words {
		files, err := renderFiles(file)
		if err != nil {
			t.Fatal(err)
		}
		notes := files["sfint/templates/NOTES.txt"]
		for _, word := range wanted {
			if !strings.Contains(notes, word) {
				t.Errorf("%s: %q is missing in\n%s", file, word, notes)
			}
		}
		if len(wanted) == 1 && strings.Contains(notes, "network policy") {
			t.Errorf("%s: notes without a cause:\n%s", file, notes)
		}
	}
}

// Metrics are scraped where that is asked for, and only there.
func TestServiceMonitor(t *testing.T) {
	if len(only[*monitoringv1.ServiceMonitor](rendered(t, "everything"))) != 1 {
		t.Error("asked for, and missing")
	}
	if len(only[*monitoringv1.ServiceMonitor](rendered(t, "in-cluster"))) != 0 {
		t.Error("not asked for")
	}
}

// Where the bot runs elsewhere, only what it may do is installed, for the user whom the values name.
func TestPermissionsOnly(t *testing.T) {
	objects := rendered(t, "permissions-only")
	if len(objects) != 4 {
		t.Error(objects)
	}
	subject := only[*rbacv1.RoleBinding](objects)[0].Subjects[0]
	if subject.Kind != "User" || subject.Name != "u-abcde" {
		t.Error(subject)
	}
	condition := only[*admissionv1.ValidatingAdmissionPolicy](objects)[0].Spec.MatchConditions[0].Expression
	if condition != "request.userInfo.username == 'u-abcde'" {
		t.Error(condition)
	}
}
