# Says whether this master's own API is ready.
[ "$(kubectl_here --request-timeout 5s get --raw /readyz 2>&1)" = ok ] || die "its API is not ready" 75
