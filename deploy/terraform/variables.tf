variable "cluster_name" {
  description = "Name of the EKS cluster. Every cluster needs a queue, and so this module, of its own."
  type        = string
}

variable "name" {
  description = "Name of everything that is made, at most 40 characters; null takes spotdrain-CLUSTER."
  type        = string
  default     = null
}

variable "namespace" {
  description = "Kubernetes namespace that spotdrain is installed into."
  type        = string
  default     = "spotdrain"
}

variable "service_account" {
  description = "Name of spotdrain's ServiceAccount; the Helm chart takes it from the output helm_values."
  type        = string
  default     = "spotdrain"
}

variable "identity" {
  description = "pod-identity (needs the add-on eks-pod-identity-agent), irsa (needs oidc_provider_arn), or none."
  type        = string
  default     = "pod-identity"

  validation {
    condition     = contains(["pod-identity", "irsa", "none"], var.identity)
    error_message = "identity must be pod-identity, irsa or none."
  }
}

variable "oidc_provider_arn" {
  description = "For irsa only: ARN of the IAM OIDC provider of the cluster."
  type        = string
  default     = null
}

variable "lifecycle_hooks" {
  description = "Whether spotdrain drains and completes terminations that a lifecycle hook announces."
  type        = bool
  default     = false
}

variable "lifecycle_hook_name" {
  description = "Name that all hooks for spotdrain have; other hooks are left alone."
  type        = string
  default     = "spotdrain"
}

variable "autoscaling_group_names" {
  description = "Groups that get such a hook here; empty if you make the hooks yourself."
  type        = set(string)
  default     = []
}

variable "retention_seconds" {
  description = "How long the queue keeps what nobody takes. A Spot notice is worthless after two minutes."
  type        = number
  default     = 600

  validation {
    condition     = var.retention_seconds >= 300 && var.retention_seconds <= 600
    error_message = "retention_seconds must be 300 to 600."
  }
}

variable "tags" {
  description = "Tags of everything that is made."
  type        = map(string)
  default     = {}
}
