# Says whether this master serves: its etcd member is healthy and its API ready, as the local proxies see it, which refuse an
# ended certificate of the API.
etcdctl_here endpoint health --command-timeout 2s > /dev/null 2>&1 || die "its etcd member is not healthy" 75
api_serves || die "its API is not ready" 75
