output "helm_values" {
  description = "Values for the Helm chart, as YAML."
  value = yamlencode({
    queueUrl = aws_sqs_queue.queue.url
    region   = local.region
    serviceAccount = {
      name        = var.service_account
      annotations = var.identity == "irsa" ? { "eks.amazonaws.com/role-arn" = aws_iam_role.spotdrain[0].arn } : {}
    }
  })
}

output "queue_url" {
  description = "The queue that spotdrain reads."
  value       = aws_sqs_queue.queue.url
}

output "queue_arn" {
  description = "For drills: who may send to it."
  value       = aws_sqs_queue.queue.arn
}

output "dead_letter_queue_url" {
  description = "What could not be read or delivered; it should be empty."
  value       = aws_sqs_queue.dead_letter.url
}

output "role_arn" {
  description = "The role of spotdrain's pods; null with identity none."
  value       = one(aws_iam_role.spotdrain[*].arn)
}

output "role_policy" {
  description = "What that role may do, as JSON: for a role of your own with identity none."
  value       = data.aws_iam_policy_document.rights.json
}
