// Pins the Prometheus operator, whose CRDs lie in its module: the chart's monitors are held against
// them. Nothing is built or imported, so no `go mod tidy`: it would leave nothing. To change the
// version: write it here, delete go.sum, and run `go mod download all` in this folder.
module spotdrain.io/hack/components/prometheus-operator

go 1.26.0

require github.com/prometheus-operator/prometheus-operator v0.85.0 // indirect
