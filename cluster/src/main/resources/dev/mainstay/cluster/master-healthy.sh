# Says whether this master serves: its etcd member is in step with a quorum, and its apiserver is ready.
etcdctl_here endpoint health --command-timeout 4s > /dev/null 2>&1 || die "its etcd member is not healthy" 75
[ "$(kubectl_here --request-timeout 5s get --raw /readyz 2>&1)" = ok ] || die "its API is not ready" 75
