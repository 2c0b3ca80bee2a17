# Makes a provisioned master's proxy point to itself. Standard input: its haproxy.cfg. $2: its address.
take_input "$1"
one_at_a_time
has_authority || lay_authority
check_proxy_config "$input"
take_proxy_config
tries=0
until [ "$(kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout 5s get --raw /readyz 2>/dev/null)" = ok ]; do
  tries=$((tries + 1))
  [ $tries -lt 120 ] || die "the API does not answer through this master's own proxy"
  sleep 0.25
done
remember address "$2"
remember stage provisioned
