# spotdrain with EKS Pod Identity; the cluster needs the add-on eks-pod-identity-agent.
#
#   terraform apply -var cluster_name=my-cluster
#   terraform output -raw helm_values > values.yaml
#   helm install spotdrain ./chart --namespace spotdrain --create-namespace -f values.yaml ...

variable "cluster_name" {
  description = "Name of the EKS cluster."
  type        = string
}

module "spotdrain" {
  source = "../.."

  cluster_name = var.cluster_name
}

output "helm_values" {
  description = "Values for the Helm chart, as YAML."
  value       = module.spotdrain.helm_values
}
