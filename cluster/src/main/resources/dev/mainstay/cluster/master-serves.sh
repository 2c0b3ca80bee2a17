# Says whether this master serves: its etcd member is healthy and its API ready, as the local proxies see it, which need
# no client certificate and refuse an ended one of the API.
etcdctl_here endpoint health --command-timeout 2s > /dev/null 2>&1 || die "its etcd member is not healthy" 75
[ "$(relay)" = 200 ] || die "its API is not ready" 75
