# spotdrain with IAM roles for service accounts, and with a lifecycle hook on two Auto Scaling groups.
#
# The groups must carry the tag kubernetes.io/cluster/my-cluster = owned, as those of EKS managed node
# groups and eksctl do: the role may complete the hooks of no other group.

variable "cluster_name" {
  description = "Name of the EKS cluster."
  type        = string
}

variable "oidc_provider_arn" {
  description = "ARN of the cluster's IAM OIDC provider."
  type        = string
}

variable "autoscaling_group_names" {
  description = "The groups whose terminations spotdrain drains first."
  type        = set(string)
}

module "spotdrain" {
  source = "../.."

  cluster_name            = var.cluster_name
  identity                = "irsa"
  oidc_provider_arn       = var.oidc_provider_arn
  lifecycle_hooks         = true
  autoscaling_group_names = var.autoscaling_group_names
}

output "helm_values" {
  description = "Values for the Helm chart, as YAML."
  value       = module.spotdrain.helm_values
}
