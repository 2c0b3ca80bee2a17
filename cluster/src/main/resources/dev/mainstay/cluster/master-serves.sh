# Says whether this master serves: its etcd member is healthy and its API ready, as the local proxies see it, which need
# no client certificate and refuse an ended one of the API.
etcdctl_here endpoint health --command-timeout 2s > /dev/null 2>&1 || die "its etcd member is not healthy" 75
status=$(timeout 3 bash -c 'exec 3<> /dev/tcp/127.0.0.1/7444 && printf "GET / HTTP/1.0\r\n\r\n" >&3 && head -n 1 <&3' 2> /dev/null) || true
case $status in *' 200 '*) ;; *) die "its API is not ready" 75 ;; esac
