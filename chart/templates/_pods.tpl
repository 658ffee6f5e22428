{{- /* What all pods of the chart share. */}}
{{- define "spotdrain.containerSecurityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{- define "spotdrain.placement" -}}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- /* Of (root, name, weight, namespaced): metadata of what lives for as long as the nodes are opened. */}}
{{- define "spotdrain.unfenceMetadata" -}}
{{- $root := index . 0 -}}
name: {{ index . 1 }}
{{- if index . 3 }}
namespace: {{ $root.Release.Namespace }}
{{- end }}
labels:
  {{- include "spotdrain.labels" $root | nindent 2 }}
annotations:
  helm.sh/hook: post-delete
  helm.sh/hook-weight: {{ index . 2 | quote }}
  # A Job that failed stays, for its log.
  helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
{{- end }}
