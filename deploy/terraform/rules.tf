locals {
  patterns = {
    # EC2 takes a Spot instance back in two minutes.
    spot-interruption = {
      source      = ["aws.ec2"]
      detail-type = ["EC2 Spot Instance Interruption Warning"]
    }
    # A Spot instance is at elevated risk of interruption.
    rebalance = {
      source      = ["aws.ec2"]
      detail-type = ["EC2 Instance Rebalance Recommendation"]
    }
    # An instance stops or ends, announced or not.
    instance-state = {
      source      = ["aws.ec2"]
      detail-type = ["EC2 Instance State-change Notification"]
      detail = {
        state = ["stopping", "stopped", "shutting-down", "terminated"]
      }
    }
    # AWS Health announces maintenance or retirement of instances.
    scheduled-change = {
      source      = ["aws.health"]
      detail-type = ["AWS Health Event"]
      detail = {
        service           = ["EC2"]
        eventTypeCategory = ["scheduledChange"]
      }
    }
    # Reserved capacity is reclaimed, or ends. AWS's own pages spell it in more than one way.
    capacity-reservation = {
      source = ["aws.ec2"]
      detail-type = [
        "EC2 Capacity Reservation Instance Interruption Warning",
        "EC2 Interruptible Capacity Reservation Instance Interruption Warning",
        "Capacity Block Expiration Warning",
        "Capacity Block Reservation Expiration Warning",
      ]
    }
    # An Auto Scaling group ends an instance and waits in the hook of spotdrain.
    lifecycle = {
      source      = ["aws.autoscaling"]
      detail-type = ["EC2 Instance-terminate Lifecycle Action"]
      detail = {
        LifecycleHookName = [var.lifecycle_hook_name]
      }
    }
  }

  rules = {
    for name, pattern in local.patterns : name => jsonencode(pattern)
    if name != "lifecycle" || var.lifecycle_hooks
  }
}

resource "aws_cloudwatch_event_rule" "rule" {
  for_each = local.rules

  name          = "${local.name}-${each.key}"
  description   = "Events for spotdrain in EKS cluster ${var.cluster_name}"
  event_pattern = each.value
  tags          = var.tags
}

resource "aws_cloudwatch_event_target" "queue" {
  for_each = aws_cloudwatch_event_rule.rule

  rule      = each.value.name
  target_id = "spotdrain"
  arn       = aws_sqs_queue.queue.arn

  # EventBridge tries for a day by default; nobody wants the event of two minutes then.
  retry_policy {
    maximum_event_age_in_seconds = 300
    maximum_retry_attempts       = 185
  }

  dead_letter_config {
    arn = aws_sqs_queue.dead_letter.arn
  }
}

resource "aws_autoscaling_lifecycle_hook" "hook" {
  for_each = var.lifecycle_hooks ? var.autoscaling_group_names : []

  name                   = var.lifecycle_hook_name
  autoscaling_group_name = each.value
  lifecycle_transition   = "autoscaling:EC2_INSTANCE_TERMINATING"

  # spotdrain extends it while it drains; nobody extends it when spotdrain is away.
  heartbeat_timeout = 300

  # ABANDON may keep the instance, and its cost, where the group retains what was abandoned.
  default_result = "CONTINUE"
}
