# Prints the administrator's kubeconfig, which is secret.
cat /etc/kubernetes/admin.conf
