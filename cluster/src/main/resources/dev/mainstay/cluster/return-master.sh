# Puts a master back into service that retire-master.sh took out of it; its proxy follows by the next configuration.
one_at_a_time
retired=/var/lib/mainstay/retired
for component in kube-apiserver kube-controller-manager kube-scheduler; do
  [ ! -f $retired/$component.yaml ] || mv -f $retired/$component.yaml /etc/kubernetes/manifests/
done
# a kubelet that runs waits for its own API to take the old pods away, which needs the new ones
systemctl restart kubelet.service
deadline=$((SECONDS + 180))
until [ "$(kubectl_here --request-timeout 5s get --raw /readyz 2> /dev/null)" = ok ]; do
  [ $SECONDS -lt $deadline ] || die "the apiserver does not become ready: $(kubectl_here --request-timeout 5s get --raw '/readyz?verbose' 2>&1 | grep -v '^\[+\]' | head -n 5)"
  sleep 0.25
done
rmdir $retired 2> /dev/null || true
