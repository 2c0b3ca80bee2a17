module mainstay.dev/bench/probe

go 1.25
