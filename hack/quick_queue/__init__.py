"""A fast SQS for bursts, beside moto: standard queues, in memory, over HTTP, in a process.

It keeps what a burst needs and refuses the rest with a sentence: it has no redrive policy, no
delay, no message attributes and no FIFO queues, and its messages do not expire. It counts every
request, whatever AWS service it was meant for. The tests run it side by side with moto.
`hack.cluster.LocalCluster.quick_queue` starts it; docs/performance.md says what it is faster at.
"""
