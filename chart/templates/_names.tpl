{{- define "spotdrain.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "spotdrain.fullname" -}}
{{- $name := include "spotdrain.name" . }}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" }}
{{- else if contains $name .Release.Name }}
{{- .Release.Name | trunc 63 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name $name | trunc 63 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- define "spotdrain.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}
{{- default (include "spotdrain.fullname" .) .Values.serviceAccount.name }}
{{- else }}
{{- required "set serviceAccount.name to an existing ServiceAccount, or serviceAccount.create to true" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{- define "spotdrain.selectorLabels" -}}
app.kubernetes.io/name: {{ include "spotdrain.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "spotdrain.labels" -}}
{{ include "spotdrain.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "spotdrain.image" -}}
{{- if .Values.image.digest }}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest }}
{{- else }}
{{- printf "%s:%s" .Values.image.repository (default .Chart.AppVersion .Values.image.tag) }}
{{- end }}
{{- end }}

{{- /* The queue is checked here and not in the schema, whose errors say less than a sentence. */}}
{{- define "spotdrain.queueUrl" -}}
{{- $example := "such as https://sqs.us-east-1.amazonaws.com/123456789012/spotdrain" }}
{{- $given := required (printf "queueUrl is empty: set it to the URL of the SQS queue that gets the EC2 events, %s" $example) .Values.queueUrl }}
{{- $urls := kindIs "string" $given | ternary (list $given) $given }}
{{- range $url := $urls }}
{{- if not (regexMatch "^https?://[^/ ,]+/[^ ,]+$" $url) }}
{{- fail (printf "queueUrl is %q: write the URL of the queue (not its name or ARN), %s" $url $example) }}
{{- end }}
{{- end }}
{{- join "," $urls }}
{{- end }}
