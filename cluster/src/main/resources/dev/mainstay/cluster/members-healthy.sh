# Says whether every etcd member is a voter and healthy, which a join needs.
etcdctl_here member list -w fields | grep -q '"IsLearner" : true' && die "a learner waits for its promotion" 75
etcdctl_here endpoint health --cluster --command-timeout 4s > /dev/null 2>&1 || die "$(etcdctl_here endpoint health --cluster --command-timeout 4s 2>&1 | grep -v 'is healthy' | head -n 3)" 75
