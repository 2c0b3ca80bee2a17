# Points a worker's kubelet to the cluster's endpoint, $1.
one_at_a_time
file=/etc/kubernetes/kubelet.conf
sed "s|^\( *server: \).*|\1$1|" $file > $file.mainstay-new
chmod 600 $file.mainstay-new
mv -f $file.mainstay-new $file
systemctl restart kubelet.service
