# Marks a worker as done once its kubelet holds its own credentials. $1: its address.
one_at_a_time
systemctl is-active -q kubelet.service || die "kubelet does not run: $(journalctl -u kubelet -n 3 --no-pager -o cat)"
[ -f /etc/kubernetes/kubelet.conf ] || die "kubelet has no kubeconfig"
lay_authority
remember address "$1"
remember stage provisioned
