"""The theory that figures are held against: arrivals, Erlang loss, queues, quantiles."""
