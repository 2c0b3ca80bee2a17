module mainstay.dev/bench/move/probe

go 1.25
