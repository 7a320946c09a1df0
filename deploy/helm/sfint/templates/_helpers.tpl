{{- define "sfint.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 52 | trimSuffix "-" -}}
{{- else if contains "sfint" .Release.Name -}}
{{- .Release.Name | trunc 52 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-sfint" .Release.Name | trunc 52 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "sfint.selector" -}}
app.kubernetes.io/name: sfint
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "sfint.labels" -}}
{{ include "sfint.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{- define "sfint.serviceaccount" -}}
{{- .Values.serviceAccount.name | default (include "sfint.fullname" .) -}}
{{- end -}}

{{/* The policy is a thing of the whole cluster: its name says whose it is. */}}
{{- define "sfint.policy" -}}
{{- printf "%s-%s-scale-and-restart-only" .Release.Namespace (include "sfint.fullname" .) | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/* Who the bot is for the API server: its own service account, or who `permissions.subject` names. */}}
{{- define "sfint.username" -}}
{{- with .Values.permissions.subject -}}
{{- if eq .kind "ServiceAccount" -}}
system:serviceaccount:{{ .namespace }}:{{ .name }}
{{- else -}}
{{- .name -}}
{{- end -}}
{{- else -}}
system:serviceaccount:{{ .Release.Namespace }}:{{ include "sfint.serviceaccount" . }}
{{- end -}}
{{- end -}}

{{/* "true" for a target that lives in this cluster, else nothing. */}}
{{- define "sfint.here" -}}
{{- $named := .root.Values.permissions.targets -}}
{{- if ternary (has .name $named) (dig "kubernetes" "in_cluster" false .target) (gt (len $named) 0) -}}
true
{{- end -}}
{{- end -}}

{{/*
The namespaces in this cluster that the bot looks after, and in each the workloads that it may change, as YAML:
  integrations: {deployments: [salesforce-integration], statefulsets: [redis-sentinel-node], direct: [6379, 26379], forwards: false}
`direct` are the ports of Redis and Sentinel that are dialled; a target with `reach: port-forward` has none.
*/}}
{{- define "sfint.namespaces" -}}
{{- $found := dict -}}
{{- range $name, $target := .Values.config.targets -}}
{{- if include "sfint.here" (dict "root" $ "name" $name "target" $target) -}}
{{- $before := get $found $target.namespace | default (dict "deployments" list "statefulsets" list "direct" list "forwards" false) -}}
{{- $deployments := append $before.deployments (dig "middleware" "deployment" "salesforce-integration" $target) | uniq | sortAlpha -}}
{{- $statefulsets := append $before.statefulsets (dig "redis" "statefulset" "redis-sentinel-node" $target) | uniq | sortAlpha -}}
{{- $redis := dig "redis" "redis_port" 6379 $target | int -}}
{{- $sentinel := dig "redis" "sentinel_port" 26379 $target | int -}}
{{- $forwards := eq (dig "redis" "reach" "direct" $target) "port-forward" -}}
{{- $direct := ternary $before.direct (concat $before.direct (list $redis $sentinel) | uniq) $forwards -}}
{{- $workloads := dict "deployments" $deployments "statefulsets" $statefulsets "direct" $direct "forwards" (or $forwards $before.forwards) -}}
{{- $_ := set $found $target.namespace $workloads -}}
{{- end -}}
{{- end -}}
{{- toYaml $found -}}
{{- end -}}

{{/* Namespaces of others, in which the bot only reads: where targets of this cluster name their core services. */}}
{{- define "sfint.elsewhere" -}}
{{- $own := include "sfint.namespaces" . | fromYaml -}}
{{- $found := dict -}}
{{- range $name, $target := .Values.config.targets -}}
{{- $here := include "sfint.here" (dict "root" $ "name" $name "target" $target) -}}
{{- $there := dig "integrations" "namespace" "" $target -}}
{{- if and $here $there (not (hasKey $own $there)) -}}
{{- $_ := set $found $there true -}}
{{- end -}}
{{- end -}}
{{- keys $found | sortAlpha | toYaml -}}
{{- end -}}

{{/*
Every address that the configuration names, as a YAML list; Kafka's servers as kafka://host:port. Brokers send the bot on to hosts
of theirs at the same port. What stands as `env:…`, `file:…` or in a variable SFINT_… cannot be seen here.
*/}}
{{- define "sfint.addresses" -}}
{{- $config := .Values.config -}}
{{- $found := list (dig "slack" "api_url" "" $config) (dig "pagerduty" "url" "" $config) (dig "tracing" "otlp_endpoint" "" $config) -}}
{{- range list "HTTPS_PROXY" "https_proxy" "HTTP_PROXY" "http_proxy" -}}
{{- $found = append $found (get $.Values.env .) -}}
{{- end -}}
{{- range $target := $config.targets -}}
{{- $found = concat $found (list
      (dig "kubernetes" "url" "" $target)
      (dig "salesforce" "login_url" "" $target)
      (dig "live_chat" "chat_url" "" $target)
      (dig "live_chat" "enhanced" "url" "" $target)
      (dig "datadog" "url" "" $target)
      (dig "argocd" "url" "" $target)
      (dig "integrations" "webhook" "read_url" "" $target)
      (dig "kafka" "confluent" "url" "" $target)) -}}
{{- $servers := dig "kafka" "bootstrap_servers" list $target -}}
{{- range ternary (splitList "," (toString $servers)) $servers (kindIs "string" $servers) -}}
{{- $found = append $found (printf "kafka://%s" (trim .)) -}}
{{- end -}}
{{- end -}}
{{- $found | uniq | compact | toYaml -}}
{{- end -}}

{{/*
Where the bot dials to, by port, as YAML: `anywhere`, and in `services` those addresses that are Services of this cluster:
  anywhere: [443, 9092]
  services: {argocd: [443], sfint: [4318]}
*/}}
{{- define "sfint.dialled" -}}
{{- $anywhere := list 443 -}}
{{- $services := dict -}}
{{- range $address := include "sfint.addresses" . | fromYamlArray -}}
{{- if regexMatch "^(https?://[^/]|kafka://.+:[0-9]+$)" $address -}}
{{- $authority := regexReplaceAll "^[a-z]+://([^/?#]+).*$" $address "${1}" -}}
{{- $usual := ternary 80 443 (hasPrefix "http:" $address) -}}
{{- $port := regexFind ":[0-9]+$" $authority | trimPrefix ":" | default $usual | int -}}
{{- $host := regexReplaceAll ":[0-9]+$" $authority "" -}}
{{- $namespace := include "sfint.namespace" (dict "root" $ "host" $host) -}}
{{- if $namespace -}}
{{- $_ := set $services $namespace (append (get $services $namespace | default list) $port | uniq) -}}
{{- else -}}
{{- $anywhere = append $anywhere $port -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- range $name, $target := .Values.config.targets -}}
{{- $here := include "sfint.here" (dict "root" $ "name" $name "target" $target) -}}
{{- if and (not $here) (eq (dig "redis" "reach" "direct" $target) "direct") -}}
{{- $anywhere = concat $anywhere (list (dig "redis" "redis_port" 6379 $target | int) (dig "redis" "sentinel_port" 26379 $target | int)) -}}
{{- end -}}
{{- end -}}
{{- dict "anywhere" (uniq $anywhere) "services" $services | toYaml -}}
{{- end -}}

{{/* The namespace of a Service by its name: `x.monitoring.svc` is in monitoring, `x` is in the bot's own. Nothing for other hosts. */}}
{{- define "sfint.namespace" -}}
{{- if regexMatch "^[^.]+([.][^.]+)*[.]svc([.].*)?$" .host -}}
{{- regexReplaceAll "^(.+[.])?([^.]+)[.]svc([.].*)?$" .host "${2}" -}}
{{- else if regexMatch "^[A-Za-z0-9-]+$" .host -}}
{{- .root.Release.Namespace -}}
{{- end -}}
{{- end -}}

{{/* Binds the Role of a namespace to the bot. */}}
{{- define "sfint.rolebinding" }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: {{ include "sfint.fullname" .root }}
  namespace: {{ .namespace }}
  labels: {{- include "sfint.labels" .root | nindent 4 }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: {{ include "sfint.fullname" .root }}
subjects:
  {{- with .root.Values.permissions.subject }}
  - kind: {{ .kind }}
    name: {{ .name | quote }}
    {{- if eq .kind "ServiceAccount" }}
    namespace: {{ .namespace }}
    {{- else }}
    apiGroup: rbac.authorization.k8s.io
    {{- end }}
  {{- else }}
  - kind: ServiceAccount
    name: {{ include "sfint.serviceaccount" .root }}
    namespace: {{ .root.Release.Namespace }}
  {{- end }}
{{- end -}}

{{/* The configuration file: what the values say, and what the pod around it decides. */}}
{{- define "sfint.config" -}}
{{- $pod := dict "store" (dict "directory" "/var/lib/sfint") "health" (dict "host" "0.0.0.0" "port" 8080) -}}
{{- if include "sfint.http" . -}}
{{- $_ := set $pod "slack" (dict "http" (dict "host" "0.0.0.0")) -}}
{{- end -}}
{{- mergeOverwrite (deepCopy .Values.config) $pod | toYaml -}}
{{- end -}}

{{/* The port that takes what Slack sends; empty with Socket Mode. */}}
{{- define "sfint.http" -}}
{{- if eq (dig "slack" "mode" "socket" .Values.config) "http" -}}
{{- dig "slack" "http" "port" 3000 .Values.config -}}
{{- end -}}
{{- end -}}

{{/* By digest where one is given: it wins over the tag. */}}
{{- define "sfint.image" -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" .Values.image.repository (.Values.image.tag | default .Chart.AppVersion) -}}
{{- end -}}
{{- end -}}
