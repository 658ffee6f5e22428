locals {
  name = coalesce(var.name, "spotdrain-${var.cluster_name}")

  # arn:PARTITION:sqs:REGION:ACCOUNT:NAME
  arn       = split(":", aws_sqs_queue.queue.arn)
  partition = local.arn[1]
  region    = local.arn[3]
  account   = local.arn[4]
}

resource "aws_sqs_queue" "queue" {
  name                       = local.name
  message_retention_seconds  = var.retention_seconds
  visibility_timeout_seconds = 30
  receive_wait_time_seconds  = 20

  # Not the AWS managed KMS key: EventBridge may not use it, and events would be lost silently.
  sqs_managed_sse_enabled = true

  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead_letter.arn
    # An event about an instance of another cluster is received four times before it is deleted.
    maxReceiveCount = 5
  })

  tags = var.tags

  lifecycle {
    precondition {
      condition     = length(local.name) <= 40
      error_message = "The name is longer than 40 characters, and EventBridge takes 64 with the rule's own: set name."
    }
  }
}

resource "aws_sqs_queue" "dead_letter" {
  name                      = "${local.name}-dead"
  message_retention_seconds = 1209600 # 14 days, the longest: time to look at what could not be read
  sqs_managed_sse_enabled   = true
  tags                      = var.tags
}

data "aws_iam_policy_document" "queue" {
  for_each = {
    queue       = aws_sqs_queue.queue.arn
    dead_letter = aws_sqs_queue.dead_letter.arn
  }

  statement {
    sid       = "OurRulesOnly"
    actions   = ["sqs:SendMessage"]
    resources = [each.value]

    principals {
      type        = "Service"
      identifiers = ["events.amazonaws.com"]
    }

    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values   = [for rule in aws_cloudwatch_event_rule.rule : rule.arn]
    }
  }

  statement {
    sid       = "TlsOnly"
    effect    = "Deny"
    actions   = ["sqs:*"]
    resources = [each.value]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}

resource "aws_sqs_queue_policy" "queue" {
  queue_url = aws_sqs_queue.queue.url
  policy    = data.aws_iam_policy_document.queue["queue"].json
}

resource "aws_sqs_queue_policy" "dead_letter" {
  queue_url = aws_sqs_queue.dead_letter.url
  policy    = data.aws_iam_policy_document.queue["dead_letter"].json
}
