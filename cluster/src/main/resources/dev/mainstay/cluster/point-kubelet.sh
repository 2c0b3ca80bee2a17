# Points a worker's kubelet to the cluster's endpoint, $1.
one_at_a_time
point_kubeconfig /etc/kubernetes/kubelet.conf "$1"
systemctl restart kubelet.service
