locals {
  # arn:aws:iam::ACCOUNT:oidc-provider/ISSUER
  issuer = var.oidc_provider_arn == null ? "" : split(":oidc-provider/", var.oidc_provider_arn)[1]
}

data "aws_iam_policy_document" "pod_identity" {
  count = var.identity == "pod-identity" ? 1 : 0

  statement {
    actions = ["sts:AssumeRole", "sts:TagSession"]

    principals {
      type        = "Service"
      identifiers = ["pods.eks.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:RequestTag/eks-cluster-name"
      values   = [var.cluster_name]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:RequestTag/kubernetes-namespace"
      values   = [var.namespace]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:RequestTag/kubernetes-service-account"
      values   = [var.service_account]
    }
  }
}

data "aws_iam_policy_document" "irsa" {
  count = var.identity == "irsa" ? 1 : 0

  statement {
    actions = ["sts:AssumeRoleWithWebIdentity"]

    principals {
      type        = "Federated"
      identifiers = [var.oidc_provider_arn]
    }

    condition {
      test     = "StringEquals"
      variable = "${local.issuer}:aud"
      values   = ["sts.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "${local.issuer}:sub"
      values   = ["system:serviceaccount:${var.namespace}:${var.service_account}"]
    }
  }

  lifecycle {
    precondition {
      condition     = var.oidc_provider_arn != null
      error_message = "identity irsa needs oidc_provider_arn."
    }
  }
}

data "aws_iam_policy_document" "rights" {
  statement {
    sid = "Queue"
    actions = [
      "sqs:ReceiveMessage",
      "sqs:DeleteMessage",
      "sqs:ChangeMessageVisibility",
      "sqs:GetQueueAttributes",
    ]
    resources = [aws_sqs_queue.queue.arn]
  }

  dynamic "statement" {
    for_each = var.lifecycle_hooks ? ["hooks"] : []

    content {
      sid = "LifecycleHooks"
      actions = [
        "autoscaling:CompleteLifecycleAction",
        "autoscaling:RecordLifecycleActionHeartbeat",
      ]
      resources = [
        "arn:${local.partition}:autoscaling:${local.region}:${local.account}:autoScalingGroup:*:autoScalingGroupName/*",
      ]

      condition {
        test     = "StringEquals"
        variable = "aws:ResourceTag/kubernetes.io/cluster/${var.cluster_name}"
        values   = ["owned"]
      }
    }
  }
}

resource "aws_iam_role" "spotdrain" {
  count = var.identity == "none" ? 0 : 1

  name               = local.name
  description        = "spotdrain in EKS cluster ${var.cluster_name}"
  assume_role_policy = one(concat(data.aws_iam_policy_document.pod_identity, data.aws_iam_policy_document.irsa)).json
  tags               = var.tags
}

resource "aws_iam_role_policy" "spotdrain" {
  count = var.identity == "none" ? 0 : 1

  name   = "spotdrain"
  role   = aws_iam_role.spotdrain[0].id
  policy = data.aws_iam_policy_document.rights.json
}

resource "aws_eks_pod_identity_association" "spotdrain" {
  count = var.identity == "pod-identity" ? 1 : 0

  cluster_name    = var.cluster_name
  namespace       = var.namespace
  service_account = var.service_account
  role_arn        = aws_iam_role.spotdrain[0].arn
  tags            = var.tags
}
