# Prints this host's certificates: what lies on disk, what its ports serve, and which authorities' keys are here. No key
# is printed; changes nothing.
set +e
certificates_here
