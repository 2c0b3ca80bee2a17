# Prints this host's certificates: what lies on disk, what its ports serve, and which authorities' keys are here. No key
# is printed; changes nothing. $1: "served" if the ports are to be asked, or "disk".
set +e
certificates_here "$1"
