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

{{/*
The namespaces in this cluster that the bot looks after, and in each the workloads that it may change, as YAML:
  integrations: {deployments: [salesforce-integration], statefulsets: [redis-sentinel-node], direct: [6379, 26379], forwards: false}
`direct` are the ports of Redis and Sentinel that are dialled; a target with `reach: port-forward` has none.
*/}}
{{- define "sfint.namespaces" -}}
{{- $found := dict -}}
{{- $named := .Values.permissions.targets -}}
{{- range $name, $target := .Values.config.targets -}}
{{- $here := dig "kubernetes" "in_cluster" false $target -}}
{{- if ternary (has $name $named) $here (gt (len $named) 0) -}}
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
{{- $named := .Values.permissions.targets -}}
{{- range $name, $target := .Values.config.targets -}}
{{- $here := dig "kubernetes" "in_cluster" false $target -}}
{{- $there := dig "integrations" "namespace" "" $target -}}
{{- if and $there (not (hasKey $own $there)) (ternary (has $name $named) $here (gt (len $named) 0)) -}}
{{- $_ := set $found $there true -}}
{{- end -}}
{{- end -}}
{{- keys $found | sortAlpha | toYaml -}}
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
