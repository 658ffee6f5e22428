{{- /* Labels of a monitoring object: the chart's, and those by which a Prometheus finds it, which win. */}}
{{- define "spotdrain.monitorLabels" -}}
{{- $labels := include "spotdrain.labels" (index . 0) | fromYaml }}
{{- toYaml (merge (deepCopy (index . 1)) $labels) }}
{{- end }}

{{- /* What both kinds of monitors say of the metrics port. */}}
{{- define "spotdrain.endpoint" -}}
port: metrics
{{- with .interval }}
interval: {{ . }}
{{- end }}
{{- with .relabelings }}
relabelings:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .metricRelabelings }}
metricRelabelings:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
