# Says whether every etcd member is a voter and healthy, which a join needs.
etcdctl_here member list -w fields | grep -q '"IsLearner" : true' && die "a learner waits for its promotion" 75
health=$(etcdctl_here endpoint health --cluster --command-timeout 4s 2>&1) || {
  unhealthy=$(grep 'is unhealthy' <<< "$health") || unhealthy=$health
  die "$(head -n 3 <<< "$unhealthy")" 75
}
