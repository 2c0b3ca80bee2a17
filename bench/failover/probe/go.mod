module mainstay.dev/bench/failover/probe

go 1.25
